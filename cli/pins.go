package cli

import (
	"fmt"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/state"
)

// checkPins refuses to work on a broker that is not the one that records belong
// to, before anything is read from it.
func checkPins(brokers []plan.Broker, prior *state.Snapshot) error {
	now := identities(brokers)
	if one, other, shared := state.Shared(now); shared {
		return failure("Two broker blocks are one broker",
			fmt.Sprintf("broker %q and broker %q both lead to %s. Keep one of them.", one, other, now[one]))
	}
	if prior == nil {
		return nil
	}
	moved, orphans := prior.CheckPins(now)
	for _, m := range moved {
		return failure("The broker changed", fmt.Sprintf(
			"broker %q was %s and is now %s. What the state records belongs to the former. If it is the same broker under a new address, run \"retainctl state rebind %[2]s %[3]s\"; if the former is gone, run \"retainctl state rm -broker=%[2]s\".",
			m.Name, m.Was, m.Now))
	}
	for _, o := range orphans {
		return failure("No block for a recorded broker", fmt.Sprintf(
			"The state records %s on %s, which was broker %q, but no broker block leads there. Bring the block back; or, if it is the same broker as another block's, run \"retainctl state rebind %[2]s NEW\"; or, if the broker is gone, run \"retainctl state rm -broker=%[2]s\".",
			render.Count(o.Records, "message"), o.Identity, o.Name))
	}
	return nil
}

// checkRecorded refuses a plan without a refresh where nobody can tell, without
// asking the brokers, which block leads to what is recorded.
func checkRecorded(brokers []plan.Broker, prior *state.Snapshot) error {
	if prior == nil {
		return nil
	}
	_, orphans := prior.CheckPins(identities(brokers))
	for _, o := range orphans {
		return failure("No block for a recorded broker", fmt.Sprintf(
			"The state records %s on %s, which was broker %q. No broker block has that name any more, and -refresh=false asks none where it leads. Bring the block back; or, if it was renamed, apply once, which notes the new name; or, if the broker is gone, run \"retainctl state rm -broker=%[2]s\".",
			render.Count(o.Records, "message"), o.Identity, o.Name))
	}
	return nil
}

// identities gives where each block leads, by its label.
func identities(brokers []plan.Broker) map[string]state.Identity {
	now := make(map[string]state.Identity, len(brokers))
	for _, b := range brokers {
		now[b.Name] = b.Identity
	}
	return now
}
