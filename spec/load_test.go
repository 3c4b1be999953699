package spec

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
)

var updateLoad = flag.Bool("update-load", false, "write the results of Load to testdata/load")

// TestLoad loads the files of every archive in testdata/load and compares the messages and the
// diagnostics with its file "want". The archive's comment may contain inputs, in lines
// "var NAME=VALUE", "var-file F", "env K=V", "version V", "backend-config K=V" and "no-brokers".
func TestLoad(t *testing.T) {
	archives, err := filepath.Glob("testdata/load/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			for _, f := range archive.Files {
				if f.Name != "want" {
					write(t, f.Name, string(f.Data))
				}
			}
			config, _, diags := Load(".", inputs(t, string(archive.Comment)))
			got := describe(config, diags)
			last := len(archive.Files) - 1
			if diff := cmp.Diff(string(archive.Files[last].Data), got); diff != "" && !*updateLoad {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if *updateLoad {
				archive.Files[last].Data = []byte(got)
				t.Chdir(testDir)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

var testDir, _ = os.Getwd()

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// inputs returns the inputs in the comment of an archive.
func inputs(t *testing.T, comment string) Inputs {
	in := Inputs{EvalBrokers: true, Version: "0.1.0"}
	for line := range strings.Lines(comment) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "var":
			in.Vars = append(in.Vars, VarArg{Set: rest})
		case "var-file":
			in.Vars = append(in.Vars, VarArg{File: rest})
		case "env":
			in.Env = append(in.Env, rest)
		case "backend-config":
			in.BackendConfig = append(in.BackendConfig, rest)
		case "version":
			in.Version = rest
		case "no-brokers":
			in.EvalBrokers = false
		case "", "#":
		default:
			t.Fatalf("unknown input %q", line)
		}
	}
	return in
}

// describe returns diagnostics and a configuration as text; c may be nil.
func describe(c *Config, diags hcl.Diagnostics) string {
	var b strings.Builder
	for _, d := range diags {
		severity, at := "error", ""
		if d.Severity == hcl.DiagWarning {
			severity = "warning"
		}
		if d.Subject != nil {
			at = fmt.Sprintf(" %s:%d:%d", d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column)
		}
		fmt.Fprintf(&b, "%s%s: %s\n", severity, at, d.Summary)
		for line := range strings.Lines(d.Detail) {
			fmt.Fprintf(&b, "    %s\n", strings.TrimSpace(line))
		}
	}
	if c == nil {
		return b.String()
	}
	for _, v := range c.Variables {
		fmt.Fprintf(&b, "var.%s = %#v sensitive=%v\n", v.Name, v.Value, v.Sensitive)
	}
	for _, o := range c.Outputs {
		fmt.Fprintf(&b, "output.%s = %#v sensitive=%v\n", o.Name, o.Value, o.Sensitive)
	}
	for i := range c.Messages {
		describeMessage(&b, &c.Messages[i])
	}
	for _, x := range c.Exclusives {
		describeFilterBlock(&b, x.FilterBlock)
		fmt.Fprintf(&b, "    except: %q\n", x.Except)
	}
	for _, s := range slices.Concat(c.Protects, c.Removed) {
		describeFilterBlock(&b, s)
	}
	return b.String()
}

func describeFilterBlock(b *strings.Builder, s FilterBlock) {
	fmt.Fprintf(b, "%s\n    broker=%q filter=%q at %s\n", s.Address, s.Broker, s.Filter, s.Range)
}

func describeMessage(b *strings.Builder, m *Message) {
	fmt.Fprintf(b, "%s\n    %s %s qos=%d %q\n", m.Address, m.Broker, m.Topic, m.QoS, m.Payload)
	show := func(name string, value any, is bool) {
		if is {
			fmt.Fprintf(b, "    %s: %v\n", name, value)
		}
	}
	show("content_type", m.ContentType, m.ContentType != "")
	show("payload_format_indicator", m.PayloadFormat, m.PayloadFormat != mqtt.UnspecifiedBytes)
	show("response_topic", m.ResponseTopic, m.ResponseTopic != "")
	show("correlation_data", string(m.CorrelationData), m.CorrelationData != nil)
	show("user_properties", m.UserProperties, m.UserProperties != nil)
	show("ordered", true, m.OrderedProperties)
	show("expiry", m.Expiry, m.Expiry != 0)
	show("renew_before", m.RenewBefore, m.RenewBefore != 0)
	show("redacted", m.Redaction.Fields.Names(), m.Redaction.Fields != 0)
	show("redacted leaves", m.Redaction.Leaves, m.Redaction.Leaves != nil)
	show("compare bytes", true, m.CompareBytes)
	show("depends_on", m.DependsOn, m.DependsOn != nil)
	show("prevent_destroy", true, m.PreventDestroy)
	show("on_destroy", m.OnDestroy, m.OnDestroy != "delete")
	show("ignore", m.IgnoreFields.Names(), m.IgnoreFields != 0)
	show("ignore leaves", m.IgnoreLeaves, m.IgnoreLeaves != nil)
	show("index", fmt.Sprintf("%#v", m.Index), m.Index != cty.NilVal)
}
