package cli

import (
	"context"
	"fmt"

	"github.com/retainctl/retainctl/render"
)

func validateCommand() command {
	return command{
		name: "validate", brief: "check the configuration; contacts no broker and reads no state",
		define: func(fs *flags) runFunc {
			var f inputFlags
			f.defineVars(fs)
			asJSON := fs.Bool("json", false, "print JSON")
			return func(ctx context.Context, s *session, args []string) (int, error) {
				if err := noArguments(args); err != nil {
					return 0, err
				}
				return runValidate(ctx, s, &f, *asJSON)
			}
		},
	}
}

func runValidate(ctx context.Context, s *session, f *inputFlags, asJSON bool) (int, error) {
	if !asJSON {
		config, err := configuration(ctx, s, f, true, nil)
		if err == nil {
			fmt.Fprintf(s.Stdout, "Success! The configuration is valid: %s on %s.\n",
				render.Count(len(config.Messages), "message"), render.Count(len(config.Brokers), "broker"))
		}
		return exitDone, err
	}
	e, err := evaluate(ctx, s, s.Dir, f.inputs(s, true, nil))
	if err != nil {
		return 0, err
	}
	if err := render.DiagnosticsJSON(s.Stdout, e.files, e.diags); err != nil {
		return 0, err
	}
	if e.diags.HasErrors() {
		return exitError, nil
	}
	return exitDone, nil
}
