package plan

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/retainctl/retainctl/mqtt"
)

// Save writes a plan file, which Load reads. Of a message with anything sensitive the file
// holds the redacted form and keyed digests, and of a sensitive variable only the name:
// Resolve takes the values from the configuration again.
func Save(w io.Writer, p *Plan) error {
	head := fileMagic + strconv.Itoa(fileVersion) + " "
	sum := sha256.New()
	io.WriteString(sum, head)
	if err := writeBody(sum, p); err != nil {
		return fmt.Errorf("save plan: %w", err)
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s%x\n", head, sum.Sum(nil))
	if err := errors.Join(writeBody(out, p), out.Flush()); err != nil {
		return fmt.Errorf("save plan: %w", err)
	}
	return nil
}

// writeBody writes the document change by change, because a plan may have 500,000 of them.
func writeBody(w io.Writer, p *Plan) error {
	f, err := toFile(p)
	if err != nil {
		return err
	}
	body, err := json.Marshal(f)
	if err != nil {
		return err
	}
	w.Write(body[:len(body)-1]) // Save checks for write errors when it flushes
	for _, list := range []struct {
		name    string
		changes []Change
	}{{"Changes", p.Changes}, {"Bookkeeping", p.StateOnly}, {"Drift", p.Drift}} {
		between := `,"` + list.name + `":[`
		for i := range list.changes {
			saved, err := toFileChange(&list.changes[i])
			if err != nil {
				return err
			}
			body, err := json.Marshal(saved)
			if err != nil {
				return err
			}
			io.WriteString(w, between)
			w.Write(body)
			between = ","
		}
		if len(list.changes) > 0 {
			io.WriteString(w, "]")
		}
	}
	io.WriteString(w, "}")
	return nil
}

// toFile returns what a file holds in addition to the changes.
func toFile(p *Plan) (*filePlan, error) {
	f := &filePlan{Plan: *p}
	var err error
	for _, b := range p.Brokers {
		f.Brokers = append(f.Brokers, toFileBroker(b))
	}
	for _, v := range p.Variables {
		saved := fileVariable{Name: v.Name, Sensitive: v.Sensitive}
		if !v.Sensitive {
			if saved.Value, err = toFileValue(v.Value); err != nil {
				return nil, fmt.Errorf("variable %s: %w", v.Name, err)
			}
		}
		f.Variables = append(f.Variables, saved)
	}
	return f, nil
}

func toFileBroker(b Broker) fileBroker {
	return fileBroker{
		Name: b.Name, Type: b.Type, Identity: b.Identity, Unpinned: b.Unpinned,
		Address: b.Address, Description: b.Description,
		Readable: b.Readable, CountsDown: b.ExpiryCountsDown, Limits: b.Limits, Tariff: b.Quota,
	}
}

func toFileChange(c *Change) (fileChange, error) {
	index, err := toFileValue(c.Index)
	if err != nil {
		return fileChange{}, fmt.Errorf("%s: %w", c.Address, err)
	}
	saved := fileChange{
		Change: *c, Action: string(c.Action), Index: index,
		Record: c.record, Prior: c.prior, Unkeyed: c.unkeyed,
	}
	switch {
	case !c.complete() || !c.Redaction.None() && c.Action != Delete:
	case c.record != nil && c.After != nil && same(*c.After, c.record.Message) && same(c.message, c.record.Message):
		saved.After, saved.Alike = nil, true
	default:
		saved.Message = &c.message
	}
	return saved, nil
}

func same(a, b mqtt.Message) bool { return a.Topic == b.Topic && a.Diff(b) == 0 }

func toFileValue(v cty.Value) (*fileValue, error) {
	if v == cty.NilVal {
		return nil, nil
	}
	t, err := ctyjson.MarshalType(v.Type())
	if err != nil {
		return nil, err
	}
	value, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return nil, err
	}
	return &fileValue{t, value}, nil
}
