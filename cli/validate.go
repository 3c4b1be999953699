package cli

import (
	"context"
	"fmt"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
)

func validateCommand() command {
	return command{
		name: "validate", brief: "check the configuration; asks no broker and reads no state",
		define: func(fs *flags) runFunc {
			var f inputFlags
			f.defineVars(fs)
			asJSON := fs.Bool("json", false, "print JSON")
			return func(_ context.Context, s *session, args []string) (int, error) {
				if err := none(args); err != nil {
					return 0, err
				}
				return s.validate(&f, *asJSON)
			}
		},
	}
}

func (s *session) validate(f *inputFlags, asJSON bool) (int, error) {
	if !asJSON {
		config, err := s.configuration(f, true, nil)
		if err == nil {
			fmt.Fprintf(s.Stdout, "Success! The configuration is valid: %s on %s.\n", render.Count(len(config.Messages), "message"), render.Count(len(config.Brokers), "broker"))
		}
		return exitDone, err
	}
	_, files, diags := spec.Load(s.Dir, s.inputs(f, true, nil))
	if err := render.DiagnosticsJSON(s.Stdout, files, diags); err != nil {
		return 0, err
	}
	if diags.HasErrors() {
		return exitError, nil
	}
	return exitDone, nil
}
