package plan_test

import (
	"errors"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// TestFinishIsPure checks that one Begun can be finished with several observations, and that
// no call of Finish affects the next.
func TestFinishIsPure(t *testing.T) {
	w := newWorld()
	w.run(t, w.plan(message("x/a", "1"), message("x/b", "1")))
	w.prior.Pending[stateKey("x/b")] = state.Pending{Before: "?"}
	in := w.input(message("x/a", "1", secret), message("x/b", "2"))
	all(exclusive("x/#"), target(plan.Selector{Filter: "x/#"}, plan.Selector{Filter: "x/untracked"}))(&in)
	begun := plan.Begin(in.Input)
	seen := map[string]plan.Observation{"as it was": w.observation(), "nothing": {}}
	put("x/untracked", "1")(w)
	put("x/b", "theirs")(w)
	seen["changed"] = w.observation()
	seen["unread"] = plan.Observation{Observation: mqtt.Observation{Unread: map[string]error{"x/b": errors.New("no SUBACK")}}}
	for range 2 {
		for name, of := range seen {
			begun.Untracked(identity, of.Live)
			got := begun.Finish(map[state.Identity]plan.Observation{identity: of}, in.now)
			in.observed = of
			want := in.plan()
			if describe(got) != describe(want) || got.Token() != want.Token() {
				t.Errorf("%s: %s, want %s", name, describe(got), describe(want))
			}
			wantEqual(t, got.Warnings, want.Warnings)
			wantEqual(t, got.Deletes, want.Deletes)
		}
	}
}
