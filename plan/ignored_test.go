package plan_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/payload"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

// report writes what ignore_changes leaves to a device: other values, more of them or fewer.
func (w *world) report(t *rapid.T, desired []spec.Message) {
	for _, d := range desired {
		m, there := w.live[d.Topic]
		if !there || !rapid.Bool().Draw(t, "report") {
			continue
		}
		source := m
		if d.IgnoreFields != 0 {
			source.ContentType = rapid.SampledFrom([]string{"", "x", "mine"}).Draw(t, "type")
			source.UserProperties = []mqtt.UserProperty{{Name: "mine", Value: "1"}}
		}
		if _, ok := payload.Parse(m.Payload); ok {
			source.Payload = []byte(rapid.SampledFrom([]string{
				`{}`, `{"seen": 8}`, `{"seen":[9],"deep":{"a":{"sw":2}}}`, `{"deep":{"a":{"sw":3},"b":{"sw":4}}}`,
			}).Draw(t, "reported"))
		}
		m, _ = d.Ignored().Carry(m, source)
		w.live[d.Topic] = m
	}
}

// TestReportsDoNotMatter lets a device write what is ignored at any time: the plan, its token,
// the conflict check and the read-back are as without it, and nothing of it is overwritten.
func TestReportsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.run(t, w.force(drawDeclared(t, "before")))
		meddle(t, w)
		desired := drawDeclared(t, "after")
		p := w.force(desired)
		w.report(t, desired)
		again := w.force(desired)
		if p.Token() != again.Token() {
			t.Fatalf("the token changes with a report:\n%s\n%s", describe(p), describe(again))
		}
		w.device = func() { w.report(t, desired) }
		w.run(t, p)
		w.device = nil
		reported := w.clone()
		if next := ignoringEmpty(w.force(desired)); next.HasChanges() || len(next.Refusals) > 0 {
			t.Fatalf("something is left to do: %s", describe(next))
		}
		w.run(t, w.force(desired))
		wantLive(t, reported, w)
	})
}

func wantLive(t *rapid.T, want, got *world) {
	for topic, m := range want.live {
		if d := got.live[topic].Diff(m); d != 0 {
			t.Fatalf("%s: %v of the report is overwritten", topic, d.Names())
		}
	}
}

// TestReportsWhileInterrupted lets the device write between an apply that was killed and the
// next plan: that is no conflict, and the report stays.
func TestReportsWhileInterrupted(t *testing.T) {
	for _, published := range []bool{false, true} {
		t.Run(fmt.Sprint(published), func(t *testing.T) {
			w := newWorld()
			one, two := message("a", `{"x":1,"seen":0}`, ignore("/seen")), message("a", `{"x":2,"seen":0}`, ignore("/seen"))
			w.run(t, w.plan(one))
			p := w.plan(two)
			w.begin(p)
			want := `{"x":2,"seen":7}`
			put("a", `{"x":1,"seen":7}`)(w)
			if published {
				put("a", want)(w)
			}
			next := w.plan(two)
			if len(next.Refusals) > 0 || len(next.Changes) == 1 == published {
				t.Fatal(describe(next))
			}
			w.run(t, next)
			quiet(t, w.plan(two))
			if got := string(w.live["a"].Payload); got != want {
				t.Errorf("live: %s", got)
			}
		})
	}
}

// TestDeleteIgnoresReports checks that a delete is no conflict because of a report, although
// the declaration that ignored it is gone.
func TestDeleteIgnoresReports(t *testing.T) {
	w := newWorld()
	beside := message("b", "1")
	w.run(t, w.plan(beside, message("a", `{"x":1,"seen":0}`, ignore("/seen"))))
	p := w.plan(beside)
	put("a", `{"seen":7, "x":1}`)(w)
	if again := w.plan(beside); again.Token() != p.Token() {
		t.Error("the token changes with a report")
	}
	w.run(t, p)
	quiet(t, w.plan(beside))
	w.run(t, w.plan(beside, message("a", `{"x":1,"seen":0}`, ignore("/seen"))))
	p = w.plan(beside)
	put("a", `{"seen":7, "x":2}`)(w)
	live := w.observation().Live["a"]
	if p.Changes[0].MatchesBefore(live, true, w.comparer()) {
		t.Error("a change of what counts is no conflict")
	}
}

// TestRefreshOnlyIgnores checks that a report is recorded, but is no drift.
func TestRefreshOnlyIgnores(t *testing.T) {
	w := newWorld()
	desired := message("a", `{"x":1,"seen":0}`, ignore("/seen"))
	w.run(t, w.plan(desired))
	put("a", `{"x":1,"seen":7}`)(w)
	in := w.input(desired)
	in.Mode = plan.RefreshOnly
	p := in.plan()
	wantPlan(t, p, "keep a; ")
	w.run(t, p)
	if got := string(w.prior.Records[stateKey("a")].Payload); got != `{"x":1,"seen":7}` {
		t.Errorf("recorded: %s", got)
	}
}

// TestPayloadThatIsNoDocumentCounts checks that a payload without places for the hidden and the
// ignored leaves counts as a whole.
func TestPayloadThatIsNoDocumentCounts(t *testing.T) {
	w := newWorld()
	put("a", "1")(w)
	desired := message("a", `{"x":1,"pw":"2","seen":0}`, hiddenLeaf("/pw"), ignore("/seen"))
	p := w.force([]spec.Message{desired})
	for _, payload := range []string{"2", `{"seen":0,"seen":1}`, `[1]`, `{"temperature":nan}`} {
		put("a", payload)(w)
		if p.Changes[0].MatchesBefore(w.observation().Live["a"], true, w.comparer()) {
			t.Errorf("%s is taken for what was planned on", payload)
		}
	}
}

// TestRecreatedAsRecorded checks that a message that was lost gets what is ignored from the
// record, apart from secrets, which the record does not hold.
func TestRecreatedAsRecorded(t *testing.T) {
	for name, test := range map[string]struct {
		declared, reported, want string
		edit                     []func(*spec.Message)
	}{
		"value":   {`{"x":1,"ip":"0.0.0.0"}`, `{"x":1,"ip":"10.0.0.7"}`, `{"x":1,"ip":"10.0.0.7"}`, nil},
		"dropped": {`{"x":1,"ip":"0.0.0.0"}`, `{"x":1}`, `{"x":1}`, nil},
		"added":   {`{"x":1}`, `{"x":1,"ip":"10.0.0.7"}`, `{"x":1,"ip":"10.0.0.7"}`, nil},
		"secret":  {`{"x":1,"ip":"0.0.0.0"}`, `{"x":1,"ip":"10.0.0.7"}`, `{"x":1,"ip":"0.0.0.0"}`, []func(*spec.Message){hiddenLeaf("/ip")}},
		"all":     {`{"x":1}`, `{"x":2}`, `{"x":2}`, []func(*spec.Message){ignoreField(mqtt.AllFields)}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			desired := message("a", test.declared, append(test.edit, ignore("/ip"))...)
			w.run(t, w.plan(desired))
			put("a", test.reported)(w)
			w.run(t, w.plan(desired))
			gone("a")(w)
			p := w.plan(desired)
			wantPlan(t, p, "+a drift; ")
			w.run(t, p)
			if got := string(w.live["a"].Payload); got != test.want {
				t.Errorf("created again as %s, want %s", got, test.want)
			}
			quiet(t, w.plan(desired))
		})
	}
}

// TestNoPlaceForIgnoredPaths checks that a plan says which payloads it replaces although paths
// of them are ignored, because they are no documents that could have these paths.
func TestNoPlaceForIgnoredPaths(t *testing.T) {
	desired := message("a", `{"x":1,"cfg":"y"}`, ignore("/cfg"))
	for live, warned := range map[string]bool{
		`{"temperature":nan,"cfg":"x"}`: true,
		`{"cfg":"x","cfg":"y"}`:         true,
		`[1]`:                           true,
		`on`:                            true,
		`{"x":2,"cfg":"x"}`:             false,
		`{"x":2}`:                       false,
		`{"x":1,"cfg":[]}`:              false,
	} {
		w := newWorld()
		w.run(t, w.plan(desired))
		put("a", live)(w)
		p := w.plan(desired)
		kinds := map[plan.WarningKind]bool{}
		for _, warning := range p.Warnings {
			kinds[warning.Kind] = true
		}
		if kinds[plan.WarnUnplaced] != warned {
			t.Errorf("%s: %v, want a warning: %v", live, p.Warnings, warned)
		}
	}
}
