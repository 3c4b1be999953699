package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
)

// Version is this program's own, by semantic versioning.
const Version = "0.1.0"

func versionCommand() command {
	return command{name: "version", brief: "print the version", define: func(fs *flags) runFunc {
		asJSON := fs.Bool("json", false, "print JSON")
		return func(_ context.Context, s *session, args []string) (int, error) {
			if err := none(args); err != nil {
				return 0, err
			}
			if *asJSON {
				return exitDone, json.NewEncoder(s.Stdout).Encode(map[string]string{"version": Version, "platform": runtime.GOOS + "_" + runtime.GOARCH})
			}
			fmt.Fprintf(s.Stdout, "retainctl %s (%s_%s, %s)\n", Version, runtime.GOOS, runtime.GOARCH, runtime.Version())
			return exitDone, nil
		}
	}}
}

func initCommand() command {
	return command{name: "init", brief: "does nothing: there is nothing to initialise", define: func(fs *flags) runFunc {
		fs.lenient = true
		return func(_ context.Context, s *session, _ []string) (int, error) {
			fmt.Fprintln(s.Stdout, "Nothing to initialise: there are no providers to install, and state is made by the first apply. Run \"retainctl plan\".")
			return exitDone, nil
		}
	}}
}
