package plan_test

import (
	"testing"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

// TestSettle interrupts an apply of the first configuration, before or after its publish, and
// plans the second.
func TestSettle(t *testing.T) {
	none := []spec.Message(nil)
	one, two, three := []spec.Message{message("a", "1")}, []spec.Message{message("a", "2")}, []spec.Message{message("a", "3")}
	low, high := []spec.Message{message("a", "1")}, []spec.Message{message("a", "1")}
	low[0].QoS, high[0].QoS = 0, 1 // the broker does not show the QoS
	tests := map[string]struct {
		recorded, first, second []spec.Message
		published               bool
		then                    func(*world)
		want                    string
	}{
		"create, not written":            {none, one, one, false, nil, "+a interrupted; keep a dropped; "},
		"create, written":                {none, one, one, true, nil, "keep a; "},
		"create, written, changed since": {none, one, two, true, nil, "~a config interrupted; keep a; "},
		"create, written, block gone":    {none, one, none, true, nil, "-a interrupted; keep a; "},
		"create, not written, gone":      {none, one, none, false, nil, "keep a dropped; "},
		"create, somebody else's":        {none, one, one, false, put("a", "x"), "refuse conflict a; "},
		"update, not written":            {one, two, two, false, nil, "~a config interrupted; keep a; "},
		"update, written":                {one, two, two, true, nil, "keep a; "},
		"update, written, changed since": {one, two, three, true, nil, "~a config interrupted; keep a; "},
		"update, gone":                   {one, two, two, true, gone("a"), "+a drift interrupted; keep a; "},
		"update, somebody else's":        {one, two, two, true, put("a", "x"), "refuse conflict a; "},
		"delete, not written":            {one, none, none, false, nil, "-a undeclared interrupted; keep a; "},
		"delete, written":                {one, none, none, true, nil, "keep a dropped; "},
		"delete, written, declared":      {one, none, one, true, nil, "+a interrupted; keep a dropped; "},
		"delete, somebody else's":        {one, none, none, true, put("a", "x"), "refuse conflict a; "},
		"unseen, not written":            {low, high, high, false, nil, "~a config interrupted; keep a; "},
		"unseen, written":                {low, high, high, true, nil, "~a config interrupted; keep a; "},
		"unseen, not written, back":      {low, high, low, false, nil, "~a interrupted; keep a; "},
		"unseen, written, back":          {low, high, low, true, nil, "~a interrupted; keep a; "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			beside := message("beside", "1") // so that the configuration is not empty
			w.run(t, w.plan(append(test.recorded, beside)...))
			p := w.plan(append(test.first, beside)...)
			w.begin(p)
			if test.published {
				w.publish(&p.Changes[0])
			}
			if test.then != nil {
				test.then(w)
			}
			next := w.plan(append(test.second, beside)...)
			wantPlan(t, next, test.want)
			if conflict := len(next.Refusals) > 0; conflict {
				r := next.Refusals[0].Topics[0]
				if !next.Refusals[0].Fatal || r.Live == nil || r.Planned == nil && r.Recorded == nil {
					t.Errorf("the conflict does not show both messages: %+v", r)
				}
				in := w.input(append(test.second, beside)...)
				in.Overwrite = []plan.Selector{{Filter: "elsewhere"}}
				wantPlan(t, in.plan(), test.want)
				in.Overwrite = []plan.Selector{{Filter: "a"}}
				next = in.plan()
			}
			in := w.input(append(test.second, beside)...)
			wantAllowed(t, next, &in)
			w.run(t, next)
			quiet(t, w.plan(append(test.second, beside)...))
			for _, d := range test.second {
				if live, there := w.live[d.Topic]; !there || live.QoS != d.QoS {
					t.Errorf("%q is live with QoS %d (%v), declared %d", d.Topic, live.QoS, there, d.QoS)
				}
			}
		})
	}
}
