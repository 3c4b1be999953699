package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// stateCommand returns a command that reads a part of the state.
func stateCommand(
	name, args, brief string,
	do func(ctx context.Context, s *session, f *inputFlags, asJSON bool, args []string) error,
) command {
	return command{name: name, args: args, brief: brief, define: func(fs *flags) runFunc {
		var f inputFlags
		f.define(fs)
		asJSON := fs.Bool("json", false, "print JSON")
		return func(ctx context.Context, s *session, args []string) (int, error) {
			return exitDone, do(ctx, s, &f, *asJSON, args)
		}
	}}
}

// recordedAt returns the address of each recorded message.
func recordedAt(snapshot *state.Snapshot) map[state.Key]string {
	addresses := map[state.Key]string{}
	if snapshot != nil {
		for key, r := range snapshot.Records {
			addresses[key] = r.Address
		}
	}
	return addresses
}

// selected returns the keys that any of the selectors matches, sorted; without selectors it returns
// all keys. If must is set and none matches, it returns an error; otherwise it warns of each selector
// that matches nothing.
func (s *session) selected(addresses map[state.Key]string, selectors []string, must bool) ([]state.Key, error) {
	var keys []state.Key
	var parsed []plan.Selector
	for _, text := range selectors {
		sel, err := plan.ParseSelector(text)
		if err != nil {
			return nil, failure("Wrong selector", headline(err)+".")
		}
		parsed = append(parsed, sel)
	}
	used := make([]bool, len(parsed))
	for key, address := range addresses {
		matched := len(parsed) == 0
		for i, sel := range parsed {
			if sel.Matches(address, key.Topic) {
				used[i], matched = true, true
			}
		}
		if matched {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 && must {
		return nil, failure("Not recorded", fmt.Sprintf(
			"The state records nothing at %q. \"retainctl state list\" lists what it records.%s",
			selectors[0], starAdvice(selectors)))
	}
	s.warnUnmatched("recorded message", without(selectors, used))
	slices.SortFunc(keys, state.CompareKeys)
	return keys, nil
}
