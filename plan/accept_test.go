package plan_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

func (w *world) refreshOnly(desired ...spec.Message) *plan.Plan {
	in := w.input(desired...)
	in.Mode = plan.RefreshOnly
	return in.plan()
}

// TestAccept changes what was applied, accepts the change, and plans again.
func TestAccept(t *testing.T) {
	document := func(s string) func(*world) {
		return func(w *world) {
			m := w.live["a"]
			m.Payload = []byte(s)
			w.live["a"] = m
		}
	}
	tests := map[string]struct {
		applied string
		meddle  func(*world)
		accepts string
		then    string // the plan after the accepting one
	}{
		"nothing":          {"1", func(*world) {}, "", ""},
		"changed":          {"1", put("a", "x"), "drift a drift; ", "~a config; "},
		"gone":             {"1", gone("a"), "drift a drift gone; ", "+a new; "},
		"expired":          {"1", func(w *world) { gone("a")(w); w.now = w.now.Add(2 * time.Hour) }, "drift a expired gone; ", "+a new; "},
		"another spelling": {`{"a":1}`, document(`{ "a": 1.0 }`), "keep a; ", ""},
		"untracked":        {"1", put("z", "x"), "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			declared := []spec.Message{message("a", test.applied), message("beside", "1"), message("nearby", "1")}
			declared[0].Expiry = 3600
			w.run(t, w.plan(declared...))
			test.meddle(w)
			p := w.refreshOnly(declared...)
			wantPlan(t, p, test.accepts)
			if len(p.Changes) > 0 {
				t.Error("it publishes")
			}
			w.run(t, p)
			wantPlan(t, w.refreshOnly(declared...), "")
			wantPlan(t, w.plan(declared...), test.then)
			wantPlan(t, w.offline(declared...), test.then)
		})
	}
}

// TestAcceptSettlesPendingEntries checks that every pending entry is settled by the live
// message, even if somebody else wrote that.
func TestAcceptSettlesPendingEntries(t *testing.T) {
	one, two := message("a", "1"), message("a", "2")
	beside := message("beside", "1")
	tests := map[string]struct {
		then func(*world)
		want string
	}{
		"not written":     {func(*world) {}, "keep a; "},
		"written":         {put("a", "2"), "keep a; "},
		"somebody else's": {put("a", "x"), "drift a drift interrupted; keep a; "},
		"gone":            {gone("a"), "drift a drift interrupted gone; keep a; "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.run(t, w.plan(one, beside))
			w.begin(w.plan(two, beside))
			test.then(w)
			p := w.refreshOnly(two, beside)
			wantPlan(t, p, test.want)
			w.run(t, p)
			if len(w.prior.Pending) > 0 {
				t.Error("something is still pending")
			}
			quiet(t, w.refreshOnly(two, beside))
		})
	}
}

// TestAcceptRefusesAnEmptyBroker checks that the plan is refused if a broker shows nothing of
// what is recorded on it, as it does to a user who may not read.
func TestAcceptRefusesAnEmptyBroker(t *testing.T) {
	w := newWorld()
	w.run(t, w.plan(message("a", "1"), message("b", "1")))
	w.live = map[string]mqtt.Message{}
	wantPlan(t, w.refreshOnly(), "drift a drift gone; drift b drift gone; refuse unseen a b; ")
}

// TestAcceptConverges checks that a second refresh-only plan is empty, that the plan after it
// finds no drift, and that a saved plan has the same drift and token.
func TestAcceptConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.run(t, w.force(drawDeclared(t, "before")))
		meddle(t, w)
		live := w.clone().live
		desired := drawDeclared(t, "after")
		p := w.refreshOnly(desired...)
		if len(p.Changes) > 0 {
			t.Fatalf("it publishes: %s", describe(p))
		}
		w.run(t, p)
		quiet(t, ignoringUnseen(w.refreshOnly(desired...)))
		for topic, m := range w.live {
			if was, there := live[topic]; !there || was.Diff(m) != 0 {
				t.Fatalf("%s changed", topic)
			}
		}
		for _, c := range w.force(desired).Changes {
			if slices.Contains(c.Reasons, plan.Drift) {
				t.Fatalf("drift is left: %s", describe(w.force(desired)))
			}
		}
		back := saved(t, p)
		if back.Token() != p.Token() || len(back.Drift) != len(p.Drift) {
			t.Fatal("the saved plan differs")
		}
	})
}

func ignoringUnseen(p *plan.Plan) *plan.Plan {
	p.Refusals = slices.DeleteFunc(p.Refusals, func(r plan.Refusal) bool { return r.Kind == plan.RefuseUnseen })
	return p
}
