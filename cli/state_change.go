package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/state"
)

func statePullCommand() command {
	return command{name: "state pull", brief: "print the state document", define: func(fs *flags) runFunc {
		var f inputFlags
		f.define(fs)
		return func(ctx context.Context, s *session, args []string) (int, error) {
			_, snapshot, _, err := s.readState(ctx, &f)
			if err != nil || snapshot == nil {
				return exitDone, err
			}
			data, err := state.Encode(snapshot)
			if err != nil {
				return 0, err
			}
			_, err = s.Stdout.Write(data)
			return exitDone, err
		}
	}}
}

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
					return 0, failure("What to forget?", `"state rm" needs topics, filters or addresses, or -broker=IDENTITY.`)
				}
				return s.changeState(ctx, &f, "state rm", *dryRun, func(snapshot *state.Snapshot) error {
					return s.forget(snapshot, args, state.Identity(*identity))
				})
			}
		},
	}
}

// pendingAt gives the address of each topic that an interrupted apply may have
// published to; "" where it was about to delete what nobody had recorded.
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

// forget drops records, and what is pending, and prints them.
func (s *session) forget(snapshot *state.Snapshot, args []string, id state.Identity) error {
	known := pendingAt(snapshot) // else the next plan would record it again
	maps.Copy(known, recordedAt(snapshot))
	keys, err := selected(known, args, id == "")
	if err != nil {
		return err
	}
	n := 0
	for _, key := range keys {
		if id != "" && key.Broker != id {
			continue
		}
		fmt.Fprintf(s.Stdout, "Forget %s (%s)\n", render.Escape(key.Topic), render.Escape(cmp.Or(known[key], "an interrupted apply")))
		delete(snapshot.Records, key)
		delete(snapshot.Pending, key)
		n++
	}
	if id == "" {
		return nil
	}
	if _, pinned := snapshot.Brokers[id]; !pinned && n == 0 {
		return failure("Not recorded", fmt.Sprintf("The state knows no broker %s. \"retainctl state list\" shows what it records.", id))
	}
	delete(snapshot.Brokers, id)
	return nil
}

func stateRebindCommand() command {
	return command{name: "state rebind", args: "OLD NEW", brief: "say that a broker has a new identity", define: func(fs *flags) runFunc {
		var f inputFlags
		f.define(fs)
		return func(ctx context.Context, s *session, args []string) (int, error) {
			if len(args) != 2 {
				return 0, failure("Which brokers?", `"state rebind" needs the recorded identity and the new one.`)
			}
			return s.changeState(ctx, &f, "state rebind", false, func(snapshot *state.Snapshot) error {
				return s.rebind(snapshot, state.Identity(args[0]), state.Identity(args[1]))
			})
		}
	}}
}

func (s *session) rebind(snapshot *state.Snapshot, old, new state.Identity) error {
	if _, ok := snapshot.Brokers[old]; !ok {
		return failure("Not recorded", fmt.Sprintf("The state knows no broker %s. \"retainctl state list\" shows what it records.", old))
	}
	if snapshot.Holds(new) {
		return failure("Already recorded", fmt.Sprintf("The state has records of %s too, so the two cannot be one broker.", new))
	}
	fmt.Fprintf(s.Stdout, "Moved %s from %s to %s.\n", render.Count(snapshot.Rebind(old, new), "record"), old, new)
	return nil
}

// changeState reads, changes and writes the state under its lock. A dry run
// changes a copy that nobody writes.
func (s *session) changeState(ctx context.Context, f *inputFlags, operation string, dryRun bool, change func(*state.Snapshot) error) (int, error) {
	p, _, _, err := s.readState(ctx, f)
	if err != nil {
		return 0, err
	}
	return s.locked(ctx, p, f, operation, func(ctx context.Context) (int, error) {
		snapshot, version, err := p.store.Read(ctx)
		if err != nil {
			return 0, unread(ctx, err)
		}
		if snapshot == nil {
			return 0, failure("No state yet", "There is nothing to change before the first apply.")
		}
		if err := change(snapshot); err != nil || dryRun {
			return exitDone, err
		}
		snapshot.Serial++
		if _, err := p.store.Write(ctx, snapshot, version); err != nil {
			return 0, fmt.Errorf("write the state: %w", err)
		}
		return exitDone, nil
	})
}
