package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/state"
)

// readState reads the state that -state or the configuration's backend names.
func (s *session) readState(ctx context.Context, f *inputFlags) (*project, *state.Snapshot, state.Version, error) {
	p, err := s.openState(ctx, f)
	if err != nil {
		return nil, nil, "", err
	}
	snapshot, version, err := p.store.Read(ctx)
	if err != nil {
		return nil, nil, "", unread(ctx, err)
	}
	if snapshot == nil && f.statePath != "" {
		return nil, nil, "", failure("No such state", fmt.Sprintf("-state names %s, which does not exist.", p.path))
	}
	return p, snapshot, version, nil
}

// unread tells why the state cannot be read. An interruption, or the loss of the lock, is
// no fault of the state's.
func unread(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return failure("The state cannot be read", headline(err)+".")
}

// stateCommand is a command that reads the state and works on some of it.
func stateCommand(name, args, brief string, do func(ctx context.Context, s *session, f *inputFlags, asJSON bool, args []string) error) command {
	return command{name: name, args: args, brief: brief, define: func(fs *flags) runFunc {
		var f inputFlags
		f.define(fs)
		asJSON := fs.Bool("json", false, "print JSON")
		return func(ctx context.Context, s *session, args []string) (int, error) {
			return exitDone, do(ctx, s, &f, *asJSON, args)
		}
	}}
}

func stateListCommand() command {
	c := stateCommand("state list", "[FILTER|ADDRESS]", "list the recorded messages",
		func(ctx context.Context, s *session, f *inputFlags, asJSON bool, args []string) error {
			_, snapshot, _, err := s.readState(ctx, f)
			if err != nil {
				return err
			}
			keys, err := selected(recordedAt(snapshot), args, false)
			if err != nil {
				return err
			}
			switch {
			case asJSON:
				return render.StateListJSON(s.Stdout, snapshot, keys)
			case s.StdoutTTY:
				return render.StateTable(s.Stdout, snapshot, keys)
			}
			return render.StateList(s.Stdout, snapshot, keys)
		})
	c.about = "Prints a line for each message: its topic and, behind a tab, its address. On a terminal these stand in columns."
	return c
}

func stateShowCommand() command {
	return stateCommand("state show", "TOPIC|ADDRESS", "print one recorded message",
		func(ctx context.Context, s *session, f *inputFlags, asJSON bool, args []string) error {
			if len(args) != 1 {
				return failure("Which message?", `"state show" needs one topic or address; "state list" lists them.`)
			}
			_, snapshot, _, err := s.readState(ctx, f)
			if err != nil {
				return err
			}
			keys, err := selected(recordedAt(snapshot), args, true)
			if err != nil {
				return err
			}
			for _, key := range keys {
				if err := render.StateRecord(s.Stdout, snapshot, key, asJSON); err != nil {
					return err
				}
			}
			return nil
		})
}

// recordedAt gives the address of each recorded message.
func recordedAt(snapshot *state.Snapshot) map[state.Key]string {
	addresses := map[state.Key]string{}
	if snapshot != nil {
		for key, r := range snapshot.Records {
			addresses[key] = r.Address
		}
	}
	return addresses
}

// selected gives the keys that any selector takes, sorted; all of them without one.
func selected(addresses map[state.Key]string, selectors []string, must bool) ([]state.Key, error) {
	var keys []state.Key
	var parsed []plan.Selector
	for _, text := range selectors {
		sel, err := plan.ParseSelector(text)
		if err != nil {
			return nil, failure("Wrong selector", headline(err)+".")
		}
		parsed = append(parsed, sel)
	}
	for key, address := range addresses {
		matches := func(sel plan.Selector) bool { return sel.Matches(address, key.Topic) }
		if len(parsed) == 0 || slices.ContainsFunc(parsed, matches) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 && must {
		return nil, failure("Not recorded", fmt.Sprintf("The state records nothing at %q. \"retainctl state list\" lists what it records.", selectors[0]))
	}
	slices.SortFunc(keys, state.CompareKeys)
	return keys, nil
}
