package generate

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/payload"
	"github.com/retainctl/retainctl/spec"
)

// verify evaluates the configuration that was written and returns the messages that it does not
// declare as they were read.
func (f *file) verify() (failed []*item, err error) {
	dir, err := os.MkdirTemp("", "retainctl-import-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to check the configuration: %w", err)
	}
	defer os.RemoveAll(dir)
	const name = "import.retain.hcl"
	files := map[string][]byte{
		name:                f.text,
		"broker.retain.hcl": fmt.Appendf(nil, "broker %q %q {}\n", f.o.BrokerType, f.o.Broker),
	}
	maps.Copy(files, f.files)
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, fmt.Errorf("write the configuration to check it: %w", err)
		}
	}
	config, _, diags := spec.Load(dir, spec.Inputs{})
	if diags.HasErrors() {
		return f.faulty(diags, name)
	}
	return f.differing(config), nil
}

// faulty returns the messages of the tables with errors.
func (f *file) faulty(diags hcl.Diagnostics, name string) (failed []*item, err error) {
	for _, d := range diags {
		if d.Severity != hcl.DiagError || d.Subject == nil || d.Subject.Filename != name {
			continue
		}
		about := f.items // an error before the first table is about a shared value
		if i, _ := slices.BinarySearch(f.lines, d.Subject.Start.Line+1); i > 0 {
			about = f.tables[i-1].items
		}
		for _, it := range about {
			if !slices.Contains(failed, it) {
				failed = append(failed, it)
			}
		}
	}
	if len(failed) == 0 {
		return nil, errors.New("the generated configuration does not evaluate, please report this: " + diags.Error())
	}
	return failed, nil
}

// differing returns the messages that are not declared, or that are declared differently.
func (f *file) differing(config *spec.Config) (failed []*item) {
	written := make(map[string]*spec.Message, len(config.Messages))
	for i := range config.Messages {
		written[config.Messages[i].Topic] = &config.Messages[i]
	}
	for _, it := range f.items {
		if got := written[it.m.Topic]; got == nil || !f.says(got, it) {
			failed = append(failed, it)
		}
	}
	return failed
}

// says reports whether a declaration equals the message that was read, by the rules of a plan.
func (f *file) says(got *spec.Message, it *item) bool {
	want := it.m
	if f.o.ExpiryCountsDown && got.Expiry >= want.Expiry && want.Expiry > 0 {
		want.Expiry = got.Expiry
	}
	if !got.OrderedProperties {
		want.UserProperties = mqtt.SortUserProperties(want.UserProperties)
	}
	d := got.Message.Diff(want)
	if d.Has(mqtt.FieldPayload) && !f.o.Exact && payload.Equal(got.Payload, want.Payload) {
		d &^= mqtt.FieldPayload
	}
	return d == 0 && (!f.o.Exact || bytes.Equal(got.Payload, want.Payload))
}
