package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/state"
)

func stateRemoveCommand() command {
	return command{
		name: "state rm", args: "TOPIC|FILTER|ADDRESS...", brief: "forget recorded messages; the broker is left alone",
		define: func(fs *flags) runFunc {
			var f inputFlags
			f.define(fs)
			dryRun := fs.Bool("dry-run", false, "only print what would be forgotten")
			identity := fs.String("broker", "", "forget all that is recorded on the broker of this `identity`")
			return func(ctx context.Context, s *session, args []string) (int, error) {
				if (len(args) == 0) == (*identity == "") {
					return 0, failure("What to forget?",
						`"state rm" needs topics, filters or addresses, or -broker=IDENTITY.`)
				}
				return changeState(ctx, s, &f, "state rm", *dryRun, func(snapshot *state.Snapshot) error {
					return forget(s, snapshot, args, state.Identity(*identity))
				})
			}
		},
	}
}

// pendingAt returns the address of each message that is pending, which is "" for the delete of an
// untracked message.
func pendingAt(snapshot *state.Snapshot) map[state.Key]string {
	addresses := map[state.Key]string{}
	for key, p := range snapshot.Pending {
		addresses[key] = ""
		if p.After != nil {
			addresses[key] = p.After.Address
		}
	}
	return addresses
}

// forget drops the selected records and pending entries, and prints their topics.
func forget(s *session, snapshot *state.Snapshot, args []string, id state.Identity) error {
	known := pendingAt(snapshot) // a pending entry that stays would be recorded by the next plan
	maps.Copy(known, recordedAt(snapshot))
	keys, err := s.selected(known, args, id == "")
	if err != nil {
		return err
	}
	n := 0
	for _, key := range keys {
		if id != "" && key.Broker != id {
			continue
		}
		address := cmp.Or(known[key], "an interrupted apply")
		fmt.Fprintf(s.Stdout, "Forget %s (%s)\n", render.Escape(key.Topic), render.Escape(address))
		delete(snapshot.Records, key)
		delete(snapshot.Pending, key)
		n++
	}
	if id == "" {
		return nil
	}
	if _, pinned := snapshot.Brokers[id]; !pinned && n == 0 {
		return failure("Not recorded", fmt.Sprintf(
			"The state records no broker %s. \"retainctl state list\" shows what it records.", id))
	}
	delete(snapshot.Brokers, id)
	return nil
}
