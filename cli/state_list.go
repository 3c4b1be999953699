package cli

import (
	"context"

	"github.com/retainctl/retainctl/render"
)

func stateListCommand() command {
	c := stateCommand("state list", "[FILTER|ADDRESS]", "list the recorded messages",
		func(ctx context.Context, s *session, f *inputFlags, asJSON bool, args []string) error {
			_, snapshot, err := readState(ctx, s, f)
			if err != nil {
				return err
			}
			keys, err := s.selected(recordedAt(snapshot), args, false)
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
	c.about = "Prints a line for each message: its topic and, after a tab, its address. On a terminal, " +
		"the two are columns."
	return c
}
