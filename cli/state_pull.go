package cli

import (
	"context"

	"github.com/retainctl/retainctl/state"
)

func statePullCommand() command {
	return command{name: "state pull", brief: "print the state document", define: func(fs *flags) runFunc {
		var f inputFlags
		f.define(fs)
		return func(ctx context.Context, s *session, args []string) (int, error) {
			_, snapshot, err := readState(ctx, s, &f)
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
