package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// wantAllowed checks that a plan that planning allows is still allowed when it is loaded.
func wantAllowed(t *testing.T, p *plan.Plan, in *input) {
	t.Helper()
	if len(p.Refusals) > 0 {
		return
	}
	if err := saved(t, p).Recheck(in.Input); err != nil {
		t.Errorf("a plan that was just made is refused: %v", err)
	}
}

// TestRecheck makes a plan that deletes a (undeclared) and x/z (untracked), forgets f and updates
// b, and changes the configuration or the state before it is applied.
func TestRecheck(t *testing.T) {
	declare := func(m spec.Message) func(*input) {
		return func(in *input) { in.Desired = append(in.Desired, m) }
	}
	record := func(topic string, edit func(*state.Record)) func(*input) {
		return func(in *input) {
			in.Prior = in.Prior.Clone()
			r := in.Prior.Records[stateKey(topic)]
			edit(&r)
			in.Prior.Records[stateKey(topic)] = r
		}
	}
	destroying := func(in *input) { in.Mode = plan.DestroyAll }
	for name, test := range map[string]struct {
		planned func(*input) // of the plan that is saved
		since   func(*input)
		want    string // of the error; "" if it is allowed
	}{
		"nothing changed":            {since: func(*input) {}},
		"protect":                    {since: protect("a"), want: `message.a ("a"): protect.prod at main.retain.hcl:7 forbids its delete`},
		"protect, untracked":         {since: protect("x/#"), want: `exclusive.fleet["x/z"] ("x/z"): protect.prod`},
		"protect elsewhere":          {since: protect("b")},
		"removed":                    {since: removed("a"), want: `("a"): a removed block leaves its topic to somebody else`},
		"removed, untracked":         {since: removed("x/z"), want: `("x/z"): a removed block`},
		"removed, updated":           {since: all(func(in *input) { in.Desired = in.Desired[1:] }, removed("b")), want: `("b"): a removed block`},
		"except":                     {since: func(in *input) { in.Exclusive[0].Except = []string{"x/z"} }, want: `("x/z"): no exclusive block deletes it any more`},
		"exclusive is gone":          {since: func(in *input) { in.Exclusive = nil }, want: `("x/z"): no exclusive block`},
		"prevent_destroy":            {since: declare(message("a", "1", prevent)), want: `("a"): prevent_destroy forbids its delete`},
		"declared":                   {since: declare(message("a", "1")), want: `("a"): it is declared`},
		"untracked, now declared":    {since: declare(message("x/z", "1")), want: `("x/z"): it is declared`},
		"recorded prevent_destroy":   {since: record("a", func(r *state.Record) { r.PreventDestroy = true }), want: `("a"): prevent_destroy`},
		"recorded on_destroy":        {since: record("a", func(r *state.Record) { r.OnDestroy = "forget" }), want: `("a"): on_destroy = "forget"`},
		"not recorded":               {since: func(in *input) { in.Prior = nil }, want: `("a"): the state does not record it`},
		"untracked, now recorded":    {since: record("x/z", func(*state.Record) {}), want: `("x/z"): it is recorded`},
		"forgotten and then deleted": {since: func(in *input) { in.Exclusive[0].Filter = "#" }, want: `("f"): exclusive.fleet at main.retain.hcl:7 would delete it`},
		"nothing is declared":        {since: func(in *input) { in.Desired = nil }, want: "it deletes 2 of 5 managed messages"},
		"destroy":                    {planned: destroying, since: destroying},
		"destroy, prevent_destroy": {planned: destroying, since: all(destroying, func(in *input) { in.Desired[0].PreventDestroy = true }),
			want: `("b"): prevent_destroy`},
		"destroy, on_destroy": {planned: destroying, since: all(destroying, func(in *input) { in.Desired[0].OnDestroy = "forget" }),
			want: `("b"): on_destroy = "forget"`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.run(t, w.plan(message("a", "1"), message("b", "1"), message("f", "1", forget), message("c", "1")))
			put("x/z", "s")(w)
			makeInput := func() *input {
				in := w.input(message("b", "2"), message("c", "1"))
				exclusive("x/#")(&in)
				return &in
			}
			in := makeInput()
			if test.planned != nil {
				test.planned(in)
			}
			p := saved(t, in.plan())
			in = makeInput()
			test.since(in)
			switch err := p.Recheck(in.Input); {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// TestRecheckCountsDeletes checks the limit of deletes that a plan was made with.
func TestRecheckCountsDeletes(t *testing.T) {
	w := newWorld()
	w.run(t, w.plan(fleet(20)...))
	in := w.input(fleet(5)...)
	p := in.plan()
	wantEqual(t, len(p.Blocked(false)), 1)
	p.Refusals = nil // as somebody may have removed it from the file
	err := saved(t, p).Recheck(in.Input)
	if err == nil || !strings.Contains(err.Error(), "it deletes 15 of 20 managed messages") {
		t.Errorf("%v", err)
	}
	p.Deletes.Managed = 1000 // the state knows better
	err = saved(t, p).Recheck(in.Input)
	if err == nil || !strings.Contains(err.Error(), "it deletes 15 of 20 managed messages") {
		t.Errorf("with a forged number of managed messages: %v", err)
	}
	in.MaxDeletes = &spec.Threshold{Number: 15}
	wantAllowed(t, in.plan(), &in)
}

// TestRecheckNamesSome checks that an error names ten changes at most.
func TestRecheckNamesSome(t *testing.T) {
	w := newWorld()
	w.run(t, w.plan(append(fleet(30), message("b", "1"))...))
	in := w.input(message("b", "1"))
	in.MaxDeletes = &spec.Threshold{Number: 30}
	p := saved(t, in.plan())
	protect("fleet/#")(&in)
	err := p.Recheck(in.Input)
	var forbidden *plan.ForbiddenError
	if !errors.As(err, &forbidden) || strings.Count(err.Error(), "forbids its delete") != 10 ||
		!strings.HasSuffix(err.Error(), "and 20 more") {
		t.Errorf("%v", err)
	}
	if m, ok := p.Changes[0].Publish(); !ok || m.Diff(mqtt.Deletion("", 1)) != 0 {
		t.Errorf("it is no plan that deletes: %+v", m)
	}
}
