package cli

import (
	"context"

	"github.com/retainctl/retainctl/render"
)

func stateShowCommand() command {
	return stateCommand("state show", "TOPIC|ADDRESS", "print one recorded message",
		func(ctx context.Context, s *session, f *inputFlags, asJSON bool, args []string) error {
			if len(args) != 1 {
				return failure("Which message?", `"state show" needs one topic or address; "state list" lists them.`)
			}
			_, snapshot, err := readState(ctx, s, f)
			if err != nil {
				return err
			}
			keys, err := s.selected(recordedAt(snapshot), args, true)
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
