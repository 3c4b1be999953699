package plan_test

import (
	"errors"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/state"
)

func scope(kind, label, filter string) spec.FilterBlock {
	return spec.FilterBlock{
		Address: addrs.FilterBlock(kind, label), Filter: filter,
		Range: hcl.Range{Filename: "main.retain.hcl", Start: hcl.Pos{Line: 7}},
	}
}

func exclusive(filter string, except ...string) func(*input) {
	return func(in *input) {
		x := spec.Exclusive{FilterBlock: scope("exclusive", "fleet", filter), Name: "fleet", Except: except}
		x.Broker = "lab"
		in.Exclusive = append(in.Exclusive, x)
	}
}

func protect(filter string) func(*input) {
	return func(in *input) { in.Protect = append(in.Protect, scope("protect", "prod", filter)) }
}

func removed(filter string) func(*input) {
	return func(in *input) {
		s := scope("removed", "", filter)
		s.Broker = "lab"
		in.Removed = append(in.Removed, s)
	}
}

func all(edits ...func(*input)) func(*input) {
	return func(in *input) {
		for _, edit := range edits {
			edit(in)
		}
	}
}

func target(selectors ...plan.Selector) func(*input) {
	return func(in *input) { in.Target = selectors }
}

func exclude(selectors ...plan.Selector) func(*input) {
	return func(in *input) { in.Exclude = selectors }
}

func refreshOnly(in *input) { in.Mode = plan.RefreshOnly }

func offline(in *input) { in.Refreshed, in.observed = false, plan.Observation{} }

func unread(topic string) func(*input) {
	return func(in *input) {
		delete(in.observed.Live, topic)
		in.observed.Unread = map[string]error{topic: errors.New("no SUBACK")}
	}
}

// pendingDelete leaves the pending entry of an apply that was interrupted while it deleted an
// untracked message with that payload.
func pendingDelete(topic, payload string) func(*world) {
	return func(w *world) {
		before := mqtt.Message{Topic: topic, Payload: []byte(payload)}
		w.prior.Pending[stateKey(topic)] = state.Pending{Before: state.Seal(before, mqtt.Redaction{}, key32).Digest}
	}
}

func then(edits ...func(*world)) func(*world) {
	return func(w *world) {
		for _, edit := range edits {
			edit(w)
		}
	}
}

// TestFilterBlocks plans with exclusive, protect and removed blocks. x/a is declared and
// recorded unless a row sets something else; x/z and y/z are untracked.
func TestFilterBlocks(t *testing.T) {
	one := []spec.Message{message("x/a", "1")}
	untracked := then(put("x/z", "s"), put("y/z", "s"))
	tests := map[string]struct {
		recorded []spec.Message // nil is one
		then     func(*world)
		desired  []spec.Message // nil is one
		ask      func(*input)
		want     string
		kept     int
	}{
		"no block":                           {then: untracked},
		"exclusive":                          {then: untracked, ask: exclusive("x/#"), want: "-x/z exclusive; "},
		"exclusive of another broker":        {then: untracked, ask: all(exclusive("x/#"), func(in *input) { in.Exclusive[0].Broker = "other" })},
		"what is declared stays":             {recorded: []spec.Message{}, then: put("x/a", "1"), ask: exclusive("x/#"), want: "&x/a; "},
		"what is recorded is undeclared":     {desired: []spec.Message{message("b", "1")}, ask: exclusive("x/#"), want: "+b new; -x/a undeclared; "},
		"except":                             {then: untracked, ask: exclusive("#", "y/#"), want: "-x/z exclusive; "},
		"except is for untracked ones only":  {desired: []spec.Message{message("b", "1")}, ask: exclusive("#", "x/#"), want: "+b new; -x/a undeclared; "},
		"removed and exclusive":              {then: untracked, ask: all(exclusive("#"), removed("y/#")), want: "-x/z exclusive; "},
		"no wildcard finds a $ topic":        {then: put("$SYS/x", "s"), ask: exclusive("#")},
		"the parent of a/#":                  {then: put("x", "s"), ask: exclusive("x/#"), want: "-x exclusive; "},
		"untracked and unread":               {then: untracked, ask: all(exclusive("x/#"), unread("x/z"))},
		"exclusive without a refresh":        {then: untracked, ask: all(exclusive("x/#"), offline)},
		"exclusive under destroy":            {then: untracked, ask: all(exclusive("#"), destroy), want: "-x/a destroy; "},
		"exclusive, targeted by topic":       {then: untracked, ask: all(exclusive("#"), target(plan.Selector{Filter: "y/#"})), want: "-y/z exclusive; "},
		"exclusive, targeted by block":       {then: untracked, ask: all(exclusive("#"), target(plan.Selector{Address: "exclusive.fleet"})), want: "-x/z exclusive; -y/z exclusive; "},
		"exclusive, targeted by address":     {then: untracked, ask: all(exclusive("#"), target(plan.Selector{Address: `exclusive.fleet["x/z"]`})), want: "-x/z exclusive; "},
		"exclusive, excluded":                {then: untracked, ask: all(exclusive("#"), exclude(plan.Selector{Filter: "y/#"})), want: "-x/z exclusive; "},
		"exclusive, others targeted":         {then: untracked, ask: all(exclusive("#"), target(plan.Selector{Address: "message.x"}))},
		"nothing declared":                   {recorded: []spec.Message{}, desired: []spec.Message{}, then: untracked, ask: exclusive("x/#"), want: "-x/z exclusive; refuse empty x/z; "},
		"forget into an exclusive filter":    {recorded: []spec.Message{message("x/a", "1", forget)}, desired: []spec.Message{message("b", "1")}, ask: exclusive("x/#"), want: "+b new; refuse forget x/a; "},
		"forget into an except":              {recorded: []spec.Message{message("x/a", "1", forget)}, desired: []spec.Message{message("b", "1")}, ask: exclusive("x/#", "+/a"), want: "+b new; .x/a undeclared; "},
		"forget what is gone":                {recorded: []spec.Message{message("x/a", "1", forget)}, then: gone("x/a"), desired: []spec.Message{message("b", "1")}, ask: exclusive("x/#"), want: "+b new; keep x/a dropped; "},
		"forget under destroy":               {recorded: []spec.Message{message("x/a", "1", forget)}, desired: []spec.Message{message("b", "1")}, ask: all(exclusive("x/#"), destroy), want: "refuse forget x/a; "},
		"protect":                            {desired: []spec.Message{message("b", "1")}, ask: protect("x/#"), want: "+b new; refuse protect x/a; "},
		"protect under destroy":              {ask: all(protect("x/#"), destroy), want: "refuse protect x/a; "},
		"protect without a refresh":          {desired: []spec.Message{message("b", "1")}, ask: all(protect("x/#"), offline), want: "+b new; refuse protect x/a; "},
		"protect of another broker":          {desired: []spec.Message{message("b", "1")}, ask: all(protect("x/#"), func(in *input) { in.Protect[0].Broker = "other" }), want: "+b new; -x/a undeclared; "},
		"protect, not selected":              {desired: []spec.Message{message("b", "1")}, ask: all(protect("x/#"), target(plan.Selector{Filter: "b"})), want: "+b new; "},
		"protect what is gone":               {desired: []spec.Message{message("b", "1")}, then: gone("x/a"), ask: protect("x/#"), want: "+b new; keep x/a dropped; "},
		"protect and forget":                 {recorded: []spec.Message{message("x/a", "1", forget)}, desired: []spec.Message{message("b", "1")}, ask: protect("x/#"), want: "+b new; .x/a undeclared; "},
		"protect lets updates through":       {desired: []spec.Message{message("x/a", "2")}, ask: protect("x/#"), want: "~x/a config; "},
		"protected untracked":                {then: untracked, ask: all(exclusive("#"), protect("x/#")), want: "-y/z exclusive; ", kept: 1},
		"protected untracked, not selected":  {then: untracked, ask: all(exclusive("#"), protect("x/#"), target(plan.Selector{Filter: "y/#"})), want: "-y/z exclusive; "},
		"removed":                            {desired: []spec.Message{message("b", "1")}, ask: removed("x/#"), want: "+b new; .x/a removed; "},
		"removed, changed by its new owner":  {desired: []spec.Message{message("b", "1")}, then: put("x/a", "2"), ask: removed("x/#"), want: "+b new; .x/a removed; "},
		"removed, gone":                      {desired: []spec.Message{message("b", "1")}, then: gone("x/a"), ask: removed("x/#"), want: "+b new; .x/a removed; "},
		"removed, not readable":              {desired: []spec.Message{message("b", "1")}, ask: all(removed("x/#"), unread("x/a")), want: "+b new; .x/a removed; "},
		"removed, prevented":                 {recorded: []spec.Message{message("x/a", "1", prevent)}, desired: []spec.Message{message("b", "1")}, ask: removed("x/#"), want: "+b new; .x/a removed; "},
		"removed and protected":              {desired: []spec.Message{message("b", "1")}, ask: all(removed("x/#"), protect("#")), want: "+b new; .x/a removed; "},
		"removed under destroy":              {desired: []spec.Message{message("b", "1")}, ask: all(removed("x/#"), destroy), want: ".x/a removed; "},
		"removed without a refresh":          {desired: []spec.Message{message("b", "1")}, ask: all(removed("x/#"), offline), want: "+b new; .x/a removed; "},
		"removed, not selected":              {desired: []spec.Message{message("b", "1")}, ask: all(removed("x/#"), target(plan.Selector{Filter: "b"})), want: "+b new; "},
		"removed under refresh-only":         {then: put("x/a", "2"), desired: []spec.Message{message("b", "1")}, ask: all(removed("x/#"), refreshOnly)},
		"exclusive under refresh-only":       {then: untracked, ask: all(exclusive("#"), refreshOnly)},
		"removed, all of it":                 {desired: []spec.Message{}, ask: removed("#"), want: ".x/a removed; "},
		"removed while a write was pending":  {desired: []spec.Message{message("b", "1")}, then: then(put("x/a", "?"), pendingDelete("x/a", "1")), ask: removed("x/#"), want: "+b new; .x/a removed interrupted; "},
		"removed with only a pending entry":  {recorded: []spec.Message{}, desired: []spec.Message{message("b", "1")}, then: then(put("x/a", "?"), pendingDelete("x/a", "1")), ask: removed("x/#"), want: "+b new; keep x/a dropped; "},
		"a pending under -refresh=false":     {desired: []spec.Message{message("b", "1")}, then: pendingDelete("x/a", "1"), ask: all(removed("x/#"), offline), want: "+b new; refuse pending x/a; "},
		"interrupted before the delete":      {then: then(put("x/z", "s"), pendingDelete("x/z", "s")), ask: exclusive("x/#"), want: "-x/z exclusive interrupted; keep x/z dropped; "},
		"interrupted, and another came":      {then: then(put("x/z", "t"), pendingDelete("x/z", "s")), ask: exclusive("x/#"), want: "-x/z exclusive interrupted; keep x/z dropped; "},
		"interrupted after the delete":       {then: pendingDelete("x/z", "s"), ask: exclusive("x/#"), want: "keep x/z dropped; "},
		"interrupted, and the block is gone": {then: then(put("x/z", "t"), pendingDelete("x/z", "s")), want: "keep x/z dropped; "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			if test.recorded == nil {
				test.recorded = one
			}
			if test.desired == nil {
				test.desired = one
			}
			w.run(t, w.plan(test.recorded...))
			if test.then != nil {
				test.then(w)
			}
			in := w.input(test.desired...)
			if test.ask != nil {
				test.ask(&in)
			}
			p := in.plan()
			wantPlan(t, p, test.want)
			wantAllowed(t, p, &in)
			if len(p.Protected) != test.kept {
				t.Errorf("left alone because protected: %v, want %d", p.Protected, test.kept)
			}
		})
	}
}

func TestAddressOfAnUntrackedMessage(t *testing.T) {
	w := newWorld()
	put("x/z", "s")(w)
	in := w.input(message("x/a", "1"))
	exclusive("x/#")(&in)
	c := in.plan().Changes[1]
	wantEqual(t, c.Address, `exclusive.fleet["x/z"]`)
	wantEqual(t, c.File, "main.retain.hcl")
	wantEqual(t, c.Line, 7)
	if m, _ := c.Publish(); !m.IsDeletion() || m.QoS != 1 {
		t.Errorf("published %+v, want a delete with QoS 1", m)
	}
	if c.Record() != nil || c.Name != "" || c.Index != cty.NilVal || string(c.Before.Payload) != "s" || !c.Untracked() {
		t.Errorf("change is %+v", c)
	}
	in.Exclusive[0].Address = "exclusive.message" // no module of that name
	c = in.plan().Changes[1]
	wantEqual(t, c.Module(), "")
	wantEqual(t, saved(t, in.plan()).Changes[1].Address, `exclusive.message["x/z"]`)
}

func TestUntrackedSecretsAreHidden(t *testing.T) {
	w := newWorld()
	put("x/z", `{"pw":"hunter2"}`)(w)
	seal := func(payload string) state.Sealed {
		return state.Seal(mqtt.Message{Topic: "x/z", Payload: []byte(payload)}, mqtt.Redaction{Leaves: []string{"/pw"}}, key32)
	}
	w.prior.Pending[stateKey("x/z")] = state.Pending{After: &state.Record{Sealed: seal(`{"pw":"other"}`)}, Before: seal(`{"pw":"hunter2"}`).Digest}
	in := w.input(message("a", "1"))
	exclusive("x/#")(&in)
	p := in.plan()
	wantPlan(t, p, "+a new; -x/z exclusive interrupted; keep x/z dropped; ")
	wantEqual(t, string(p.Changes[1].Before.Payload), `{"pw":"`+mqtt.RedactedText+`"}`)
}

func TestComplete(t *testing.T) {
	w := newWorld()
	tests := map[string]struct {
		ask      func(*input)
		complete bool
		reasons  []string
	}{
		"complete":          {exclusive("#"), true, nil},
		"a dropped message": {all(exclusive("#"), func(in *input) { in.observed.Unsure = []string{"dropped"} }), false, []string{"dropped"}},
		"an untracked message that was not confirmed": {all(exclusive("#"), unread("z")), false, []string{
			`broker "lab" showed 1 undeclared messages that could not be read a second time`,
		}},
		"no refresh": {all(exclusive("#"), offline), false, []string{
			"the brokers were not read (-refresh=false)", "undeclared messages within exclusive filters were not looked for",
		}},
		"no refresh, and no block": {offline, false, []string{"the brokers were not read (-refresh=false)"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := w.input(message("a", "1"))
			test.ask(&in)
			p := in.plan()
			if p.Complete != test.complete {
				t.Errorf("complete is %v", p.Complete)
			}
			wantEqual(t, p.Reasons, test.reasons)
		})
	}
}

func TestUntrackedMessagesCountInMaxDeletes(t *testing.T) {
	for name, test := range map[string]struct {
		untracked, protected int
		refused              bool
	}{
		"within": {3, 0, false}, "beyond": {5, 0, true}, "protected ones do not count": {4, 5, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			desired := fleet(9)
			w.run(t, w.plan(desired...))
			for i := range test.untracked {
				put(string(rune('a'+i)), "s")(w)
			}
			for i := range test.protected {
				put("kept/"+string(rune('a'+i)), "s")(w)
			}
			in := w.input(desired...)
			all(exclusive("#"), protect("kept/#"))(&in)
			p := in.plan()
			if got := len(p.Refusals) > 0; got != test.refused {
				t.Errorf("%d of %d: refused %v", p.Deletes.Deletes, p.Deletes.Managed, got)
			}
			wantEqual(t, p.Deletes.Managed, 9+test.untracked)
		})
	}
}

func TestExclusivesToScan(t *testing.T) {
	w := newWorld()
	tests := map[string]struct {
		ask  func(*input)
		want []string
	}{
		"all":                     {func(*input) {}, []string{"x/#"}},
		"destroy":                 {destroy, nil},
		"a filter that overlaps":  {target(plan.Selector{Filter: "+/a"}), []string{"x/#"}},
		"a filter that does not":  {target(plan.Selector{Filter: "y/#"}), nil},
		"a message":               {target(plan.Selector{Address: "message.fleet"}), nil},
		"the block":               {target(plan.Selector{Address: "exclusive.fleet"}), []string{"x/#"}},
		"one of the block":        {target(plan.Selector{Address: `exclusive.fleet["x/a"]`}), []string{"x/#"}},
		"a block of another name": {target(plan.Selector{Address: "exclusive.fleetx"}), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in := w.input()
			all(exclusive("x/#"), test.ask)(&in)
			var filters []string
			in.Brokers = append(in.Brokers, plan.Broker{Name: "other", Identity: "other"})
			readings := plan.Begin(in.Input).Readings()
			for _, x := range readings[0].Exclusives {
				filters = append(filters, x.Filter)
			}
			wantEqual(t, filters, test.want)
			wantEqual(t, len(readings[1].Exclusives), 0)
		})
	}
}

func TestUntrackedOfAScan(t *testing.T) {
	w := newWorld()
	w.run(t, w.plan(message("x/recorded", "1")))
	w.prior.Pending[stateKey("x/pending")] = state.Pending{}
	in := w.input(message("x/declared", "1"))
	in.observed = plan.Observation{}
	all(exclusive("x/#", "x/except"), removed("x/removed"), exclude(plan.Selector{Filter: "x/excluded"}))(&in)
	live := map[string]mqtt.Retained{}
	for _, topic := range []string{"recorded", "pending", "declared", "except", "removed", "excluded", "z", "b"} {
		live["x/"+topic] = mqtt.Retained{}
	}
	live["y"] = mqtt.Retained{}
	wantEqual(t, plan.Begin(in.Input).Untracked(identity, live), []string{"x/b", "x/z"})
	wantEqual(t, in.topics(), []string{"x/declared", "x/pending", "x/recorded"})
}

func TestRemovedTopicsAreNotRead(t *testing.T) {
	w := newWorld()
	w.run(t, w.plan(message("x/a", "1"), message("b", "1")))
	in := w.input(message("b", "1"))
	removed("x/#")(&in)
	wantEqual(t, in.topics(), []string{"b"})
	p := in.plan()
	wantEqual(t, p.Changes[0].Before.Payload, []byte("1"))
	offline(&in)
	wantEqual(t, in.plan().Token(), p.Token())
}

func TestParseTarget(t *testing.T) {
	for in, want := range map[string]plan.Selector{
		"exclusive.fleet":           {Address: "exclusive.fleet"},
		`exclusive["fleet"]`:        {Address: "exclusive.fleet"},
		`exclusive.fleet["a/[b"]`:   {Address: `exclusive.fleet["a/[b"]`},
		`exclusive["a/b"]["c"]`:     {Address: `exclusive["a/b"]["c"]`},
		"exclusive.fleet/x":         {Filter: "exclusive.fleet/x"},
		"exclusive/+":               {Filter: "exclusive/+"},
		"exclusive":                 {Filter: "exclusive"},
		"message.x":                 {Address: "message.x"},
		"exclusive.x[0]":            {},
		"exclusive.x.y":             {},
		"exclusive.":                {},
		`exclusive["x"]["y"]["z"]`:  {},
		`exclusive["${x}"]`:         {},
		"exclusive.+":               {},
		`exclusive.fleet["a/[b"`:    {},
		`module.m.exclusive.x["y"]`: {Filter: `module.m.exclusive.x["y"]`},
	} {
		got, err := plan.ParseTarget(in)
		if got != want || (err == nil) != (want != plan.Selector{}) {
			t.Errorf("%q: %+v, %v; want %+v", in, got, err, want)
		}
	}
	if s, err := plan.ParseSelector("exclusive.fleet"); err != nil || s.Filter == "" {
		t.Errorf("ParseSelector reads it as %+v, %v", s, err)
	}
}
