package cli

import (
	"context"
	"fmt"

	"github.com/retainctl/retainctl/render"
)

func showCommand() command {
	return command{
		name: "show", args: "[PLANFILE]", brief: "print the state, or a saved plan",
		define: func(fs *flags) runFunc {
			var f planFlags
			f.defineVars(fs)
			f.defineState(fs)
			fs.StringVar(&f.format, "format", "text", "print as `"+render.FormatChoice()+"`")
			asJSON := fs.Bool("json", false, "the same as -format=json")
			fs.BoolVar(&f.verbose, "verbose", false, "print every change and whole values, without grouping")
			fs.natural(&f.maxBytes, "max-bytes", shortenUsage())
			return func(ctx context.Context, s *session, args []string) (int, error) {
				if *asJSON {
					f.format = "json"
				}
				format, err := f.renderFormat()
				if err != nil {
					return 0, err
				}
				switch len(args) {
				case 0:
					return exitDone, showState(ctx, s, &f, format)
				case 1:
					p, err := readPlan(s, args[0])
					if err != nil {
						return 0, err
					}
					return exitDone, printPlan(s, p, &f, format, saving{})
				}
				return 0, failure("Too many arguments", "show takes one plan file at most.")
			}
		},
	}
}

func showState(ctx context.Context, s *session, f *planFlags, format render.Format) error {
	_, snapshot, err := readState(ctx, s, &f.inputFlags)
	if err != nil {
		return err
	}
	if err := render.State(s.Stdout, format, snapshot); err != nil {
		return fmt.Errorf("print the state: %w", err)
	}
	return nil
}
