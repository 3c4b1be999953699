package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// clock returns a clock that advances by step whenever it is read.
func clock(step time.Duration) func() time.Time {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return func() time.Time { now = now.Add(step); return now }
}

// results returns a report in which most changes are done, and the others are not for different causes.
func results(p *plan.Plan) *apply.Report {
	r := &apply.Report{}
	for i := range p.Changes {
		c := &p.Changes[i]
		result := apply.Result{Change: c, Outcome: apply.Done}
		switch {
		case i == 1:
			result.Outcome, result.Live = apply.Conflicted, message(c.Key.Topic, `{"by":"hand"}`)
		case i > 2 && i < 17:
			result.Outcome, result.Err = apply.Failed, fmt.Errorf("publish %q: not authorized (0x87)", c.Key.Topic)
		case i == 18:
			result.Outcome, result.Err = apply.Skipped, errors.New("message.wifi failed")
		}
		r.Results = append(r.Results, result)
	}
	return r
}

func TestReportGolden(t *testing.T) {
	var b bytes.Buffer
	r := results(everything())
	if err := Report(&b, &b, r, Style{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.txt", b.Bytes())
}

func TestReportLine(t *testing.T) {
	resultsOf := func(actions string, o apply.Outcome) []apply.Result {
		var results []apply.Result
		for _, a := range actions {
			results = append(results, apply.Result{Change: &plan.Change{Action: plan.Action(a)}, Outcome: o})
		}
		return results
	}
	for _, c := range []struct {
		report apply.Report
		want   string
	}{
		{apply.Report{}, "Apply complete! Resources: 0 added, 0 changed, 0 destroyed."},
		{apply.Report{Results: resultsOf("++~----", apply.Done)}, "Apply complete! Resources: 2 added, 1 changed, 4 destroyed."},
		{apply.Report{Results: resultsOf("&+.", apply.Done)},
			"Apply complete! Resources: 1 imported, 1 added, 0 changed, 0 destroyed, 1 forgotten."},
		{apply.Report{Results: resultsOf("+", apply.Failed)}, "Apply incomplete! Resources: 0 added, 0 changed, 0 destroyed."},
		{apply.Report{Results: resultsOf("+", apply.Done), SaveErr: errors.New("disk full")},
			"Apply incomplete! Resources: 1 added, 0 changed, 0 destroyed."},
		{apply.Report{Results: resultsOf("+", apply.Cancelled), Interrupted: true},
			"Apply interrupted! Resources: 0 added, 0 changed, 0 destroyed."},
	} {
		if got := reportLine(&c.report, Style{}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestProgress(t *testing.T) {
	run := func(tty bool, step time.Duration) string {
		var b bytes.Buffer
		p := NewProgress(&b, tty, Style{}, clock(step))
		p.Event(apply.Started{Total: 2000})
		for range 2000 {
			p.Event(apply.Progressed{Result: apply.Result{Outcome: apply.Failed}})
		}
		p.Event(apply.Ended{})
		return b.String()
	}
	log := run(false, time.Millisecond)
	if n := strings.Count(log, "\n"); n == 0 || n > 10 {
		t.Errorf("a log has %d lines:\n%s", n, log)
	}
	if !strings.Contains(log, "of 2,000 changes, ") || !strings.Contains(log, " not done") || strings.ContainsAny(log, "\r\x1b") {
		t.Errorf("the log is\n%s", log)
	}
	if quick := run(false, time.Microsecond); quick != "" {
		t.Errorf("a quick run logs\n%s", quick)
	}
	status := run(true, time.Millisecond)
	if n := strings.Count(status, "\r"); n < 5 || n > 200 {
		t.Errorf("the status line is written %d times", n)
	}
	if strings.Contains(status, "\n") || !strings.HasSuffix(status, "\r\x1b[K") {
		t.Errorf("the status line is not rewritten in place and then cleared: %q", status)
	}
}

func TestEventsGolden(t *testing.T) {
	var b bytes.Buffer
	p := everything()
	p.Changes = p.Changes[:2]
	p.Changes = append(p.Changes, removals()[1:3]...)
	r := results(p)
	e := NewEvents(&b, "0.1.0", clock(time.Second))
	e.Diagnostics(nil, hcl.Diagnostics{{Severity: hcl.DiagWarning, Summary: "Beware", Detail: "Of this."}})
	e.Plan(p)
	e.Apply(apply.Started{Total: 4})
	for _, result := range r.Results {
		e.Apply(apply.Progressed{Result: result})
	}
	e.Apply(apply.Ended{Report: r})
	e.Error("It failed", "For a reason.")
	if e.Err() != nil {
		t.Fatal(e.Err())
	}
	for _, text := range strings.Split(strings.TrimSpace(b.String()), "\n") {
		var v map[string]any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, key := range []string{"@level", "@message", "@module", "@timestamp", "type"} {
			if v[key] == nil {
				t.Errorf("an event lacks %s: %s", key, text)
			}
		}
	}
	golden(t, "events.ndjson", b.Bytes())
}

func snapshot() *state.Snapshot {
	secret := message("site/wifi", `{"psk":"(sensitive value)","ssid":"x"}`)
	secret.Expiry = 3600
	key := func(topic string) state.Key { return state.Key{Broker: lab, Topic: topic} }
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return &state.Snapshot{
		Lineage: "6f2a", Serial: 7, DigestKey: []byte("never shown"),
		Brokers: map[state.Identity]state.Pin{lab: {Type: "mqtt", Name: "lab"}},
		Records: map[state.Key]state.Record{
			key("site/wifi"): {
				Sealed:  state.Sealed{Message: *secret, Redaction: mqtt.Redaction{Leaves: []string{"/psk"}}, Digest: "aa"},
				Address: `message.wifi`, UpdatedAt: at, OnDestroy: "forget", PreventDestroy: true,
			},
			key("a|b"): {
				Sealed:  state.Sealed{Message: *message("a|b", "on"), Digest: "bb"},
				Address: `message.x["<b>"]`, UpdatedAt: at, OnDestroy: "delete",
			},
		},
		Pending: map[state.Key]state.Pending{key("site/new"): {}},
	}
}

func TestStateGolden(t *testing.T) {
	for name, f := range map[string]Format{"state.txt": Text, "state.json": JSON, "state.md": Markdown, "state.html": HTML} {
		var b bytes.Buffer
		if err := State(&b, f, snapshot()); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "never shown") {
			t.Errorf("%s shows the digest key", name)
		}
		golden(t, name, b.Bytes())
	}
	var b bytes.Buffer
	if err := State(&b, Text, nil); err != nil || b.String() != "The state records nothing.\n" {
		t.Errorf("without a state: %q, %v", b.String(), err)
	}
}

func TestStateList(t *testing.T) {
	s := snapshot()
	var b bytes.Buffer
	if err := StateList(&b, s, sortedKeys(s.Records)); err != nil {
		t.Fatal(err)
	}
	if want := "a|b\tmessage.x[\"<b>\"]\nsite/wifi\tmessage.wifi\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
	b.Reset()
	if err := StateTable(&b, s, sortedKeys(s.Records)); err != nil {
		t.Fatal(err)
	}
	if want := "a|b        message.x[\"<b>\"]\nsite/wifi  message.wifi\n"; b.String() != want {
		t.Errorf("on a terminal: got %q, want %q", b.String(), want)
	}
	b.Reset()
	key := sortedKeys(s.Records)[1]
	if err := StateRecord(&b, s, key, true); err != nil || !json.Valid(b.Bytes()) {
		t.Errorf("a record as JSON: %s, %v", b.String(), err)
	}
}

// TestCauseIsNotRepeated checks that a cause is left out if the summary names it.
func TestCauseIsNotRepeated(t *testing.T) {
	c := change(plan.Update, plan.Config, "x", "k", message("", "on"), message("", "off"))
	var out, errs bytes.Buffer
	report := &apply.Report{Results: []apply.Result{
		{Change: &c, Outcome: apply.Conflicted, Err: errors.New("changed since the plan was made")},
	}}
	if err := Report(&out, &errs, report, Style{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(errs.String(), "changed since the plan was made"); n != 1 {
		t.Errorf("the cause is shown %d times:\n%s", n, errs.String())
	}
}
