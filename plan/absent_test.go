package plan_test

import (
	"testing"
	"time"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

func mayBeAbsent(m *spec.Message) { m.IgnoreAbsent = true }

// TestAbsentIgnored checks when a message that may be absent is created.
func TestAbsentIgnored(t *testing.T) {
	one := []spec.Message{message("a", "1", mayBeAbsent), message("b", "1")}
	expiring := []spec.Message{message("a", "1", mayBeAbsent, expiry(100, 0)), message("b", "1")}
	none := []spec.Message{message("b", "1")}
	for name, test := range map[string]struct {
		recorded, desired []spec.Message
		then              func(*world)
		ask               func(*input)
		want              string
	}{
		"new":             {none, one, nil, nil, "+a new; "},
		"cleared":         {one, one, gone("a"), nil, ""},
		"and changed":     {one, []spec.Message{message("a", "2", mayBeAbsent), message("b", "1")}, gone("a"), nil, ""},
		"renamed":         {one, []spec.Message{message("a", "1", mayBeAbsent, func(m *spec.Message) { m.Address = "message.c" }), message("b", "1")}, gone("a"), nil, "keep a; "},
		"live, changed":   {one, []spec.Message{message("a", "2", mayBeAbsent), message("b", "1")}, nil, nil, "~a config; "},
		"expired":         {expiring, expiring, func(w *world) { gone("a")(w); w.now = start.Add(101 * time.Second) }, nil, "+a expired; "},
		"undeclared":      {one, none, gone("a"), nil, "keep a dropped; "},
		"republished":     {one, one, gone("a"), func(in *input) { in.Republish = []plan.Selector{{Filter: "a"}} }, "+a drift; "},
		"refresh-only":    {one, one, gone("a"), func(in *input) { in.Mode = plan.RefreshOnly }, ""},
		"destroyed":       {one, one, gone("a"), func(in *input) { in.Mode = plan.DestroyAll }, "-b destroy; keep a dropped; "},
		"not so declared": {one, []spec.Message{message("a", "1"), message("b", "1")}, gone("a"), nil, "+a drift; "},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.run(t, w.plan(test.recorded...))
			if test.then != nil {
				test.then(w)
			}
			in := w.input(test.desired...)
			if test.ask != nil {
				test.ask(&in)
			}
			wantPlan(t, in.plan(), test.want)
		})
	}
}

// TestAbsentIsNotUnseen checks that messages that may be absent do not make a broker look as
// if it had lost its store.
func TestAbsentIsNotUnseen(t *testing.T) {
	w := newWorld()
	desired := []spec.Message{message("a", "1", mayBeAbsent), message("b", "1", mayBeAbsent)}
	w.run(t, w.plan(desired...))
	clear(w.live)
	p := w.plan(desired...)
	quiet(t, p)
	if len(p.Warnings) > 0 || p.NoOps != 2 {
		t.Errorf("%v, %d no-ops", p.Warnings, p.NoOps)
	}
}
