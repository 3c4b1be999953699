package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// TestIdle checks which protect and except filters a plan calls idle. x/a is declared and recorded, x/old
// is only recorded, and y/z is live.
func TestIdle(t *testing.T) {
	for name, test := range map[string]struct {
		ask  func(*input)
		want string
	}{
		"declared":              {protect("x/a"), ""},
		"recorded":              {protect("x/old"), ""},
		"live":                  {all(exclusive("#"), protect("y/z")), ""},
		"nothing":               {protect("x/b"), "protect.prod:7 x/b; "},
		"another form":          {all(exclusive("#"), protect("y/ze\u0301")), "protect.prod:7 y/ze\u0301; "},
		"another broker":        {all(protect("x/a"), func(in *input) { in.Protect[0].Broker = "other" }), "protect.prod:7 x/a; "},
		"except":                {exclusive("#", "y/#"), ""},
		"except of what is new": {exclusive("#", "x/new"), "exclusive.fleet:7 x/new; "},
		"once a block":          {exclusive("#", "b", "y/#", "c"), "exclusive.fleet:7 b c; "},
		"removed":               {removed("z/#"), ""},
		"without a refresh":     {all(exclusive("#", "y/#"), protect("x/a"), offline), "offline exclusive.fleet:7 y/#; "},
		"destroy":               {all(exclusive("#", "b"), protect("x/b"), destroy), "protect.prod:7 x/b; "},
		"refresh-only":          {all(protect("x/b"), refreshOnly), ""},
		"only a part":           {all(protect("x/b"), target(plan.Selector{Filter: "x/#"})), ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.run(t, w.plan(message("x/a", "1"), message("x/old", "1")))
			put("y/z", "s")(w)
			in := w.input(message("x/a", "1"), message("x/new/er", "1"))
			test.ask(&in)
			got := ""
			for _, warning := range in.plan().Warnings {
				for i, idle := range warning.Idle {
					if i == 0 && warning.Offline {
						got += "offline "
					}
					got += fmt.Sprintf("%s:%d %s; ", idle.Address, idle.Line, strings.Join(idle.Filters, " "))
				}
			}
			wantEqual(t, got, test.want)
		})
	}
}

// TestSpared checks that a scan's topics that no exact read will show count as live: one for each filter.
func TestSpared(t *testing.T) {
	w := newWorld()
	in := w.input(message("x/a", "1"))
	all(exclusive("#", "y/#", "x/#", "none"), protect("y/+"))(&in)
	begun := plan.Begin(in.Input)
	live := map[string]mqtt.Retained{"y/z": {}, "z": {}}
	wantEqual(t, begun.Spared(identity, live), []string{"y/z"})
	wantEqual(t, begun.Spared("mqtt:other:1883", live), []string(nil))
	for spared, want := range map[string]int{"y/z": 1, "": 2} { // blocks with idle filters
		p := begun.Finish(map[state.Identity]plan.Observation{identity: {Spared: []string{spared}}}, w.now)
		if got := p.Warnings[len(p.Warnings)-1].Idle; len(got) != want {
			t.Errorf("spared %q: idle are %+v", spared, got)
		}
	}
}

// TestIdleIgnored checks which ignored paths a plan calls idle: those that are in no declared, recorded or
// live payload.
func TestIdleIgnored(t *testing.T) {
	for path, want := range map[string]string{
		"/declared": "", "/recorded": "", "/live": "", "/list/0/on": "", "/list/*/on": "", "/list/*/of": "/list/*/of", "/none": "/none",
	} {
		w := newWorld()
		w.run(t, w.plan(message("a", `{"recorded":1}`)))
		put("a", `{"live":1,"list":[{"on":1}]}`)(w)
		in := w.input(message("a", `{"declared":1}`, ignore(path)))
		got := ""
		for _, warning := range in.plan().Warnings {
			for _, idle := range warning.Idle {
				got += string(warning.Kind) + " " + strings.Join(idle.Filters, " ")
			}
		}
		if want != "" {
			want = "idle_ignored " + want
		}
		wantEqual(t, got, want)
	}
}
