package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
)

func versionCommand() command {
	return command{name: "version", brief: "print the version", define: func(fs *flags) runFunc {
		asJSON := fs.Bool("json", false, "print JSON")
		return func(_ context.Context, s *session, args []string) (int, error) {
			if err := noArguments(args); err != nil {
				return 0, err
			}
			if *asJSON {
				about := map[string]string{"version": Version, "platform": runtime.GOOS + "_" + runtime.GOARCH}
				return exitDone, json.NewEncoder(s.Stdout).Encode(about)
			}
			fmt.Fprintf(s.Stdout, "retainctl %s (%s_%s, %s)\n", Version, runtime.GOOS, runtime.GOARCH, runtime.Version())
			return exitDone, nil
		}
	}}
}
