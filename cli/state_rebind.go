package cli

import (
	"context"
	"fmt"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/state"
)

func stateRebindCommand() command {
	brief := "move records to a broker's new identity"
	return command{name: "state rebind", args: "OLD NEW", brief: brief, define: func(fs *flags) runFunc {
		var f inputFlags
		f.define(fs)
		return func(ctx context.Context, s *session, args []string) (int, error) {
			if len(args) != 2 {
				return 0, failure("Which brokers?", `"state rebind" needs the recorded identity and the new one.`)
			}
			return changeState(ctx, s, &f, "state rebind", false, func(snapshot *state.Snapshot) error {
				return rebind(s, snapshot, state.Identity(args[0]), state.Identity(args[1]))
			})
		}
	}}
}

func rebind(s *session, snapshot *state.Snapshot, old, new state.Identity) error {
	if _, ok := snapshot.Brokers[old]; !ok {
		return failure("Not recorded", fmt.Sprintf(
			"The state records no broker %s. \"retainctl state list\" shows what it records.", old))
	}
	if snapshot.Holds(new) {
		return failure("Already recorded", fmt.Sprintf(
			"The state has records of %s too, so the two cannot be one broker.", new))
	}
	fmt.Fprintf(s.Stdout, "Moved %s from %s to %s.\n", render.Count(snapshot.Rebind(old, new), "record"), old, new)
	return nil
}
