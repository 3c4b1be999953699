package cli

import (
	"context"
	"fmt"
)

func initCommand() command {
	return command{name: "init", brief: "does nothing: there is nothing to initialise", define: func(fs *flags) runFunc {
		fs.lenient = true
		return func(_ context.Context, s *session, _ []string) (int, error) {
			fmt.Fprintln(s.Stdout,
				"Nothing to initialise: there are no providers to install, and the first apply creates the state. "+
					"Run \"retainctl plan\".")
			return exitDone, nil
		}
	}}
}
