package cli

import (
	"context"

	"github.com/retainctl/retainctl/plan"
)

func planCommand() command {
	return command{
		name: "plan", brief: "show what apply would publish",
		about: `Compares the configuration with the recorded state and with what the brokers hold, and prints what ` +
			`apply would do. It publishes nothing.

Exit status: 0 no error, 1 error, 2 with -detailed-exitcode if there are changes.`,
		define: func(fs *flags) runFunc {
			var f planFlags
			f.define(fs)
			out := fs.String("out", "", "save the plan to a `file` that apply takes")
			detailed := fs.Bool("detailed-exitcode", false, "exit with 2 if there are changes")
			return func(ctx context.Context, s *session, args []string) (int, error) {
				if err := noArguments(args); err != nil {
					return 0, err
				}
				return runPlan(ctx, s, &f, *out, *detailed)
			}
		},
	}
}

func runPlan(ctx context.Context, s *session, f *planFlags, out string, detailed bool) (int, error) {
	format, err := prepare(s, f)
	if err == nil {
		err = mayReplace(s, "-out", out, "plan file", plan.IsFile)
	}
	if err != nil {
		return 0, err
	}
	p, err := loadProject(ctx, s, &f.inputFlags, f.refresh, nil)
	if err != nil {
		return 0, err
	}
	return locked(ctx, s, p, &f.inputFlags, "plan", func(ctx context.Context) (int, error) {
		made, err := makePlan(ctx, s, p, f)
		if err != nil {
			return 0, err
		}
		if err := savePlan(s, made.Plan, out); err != nil {
			return 0, err
		}
		if err := printPlan(s, made.Plan, f, format, saving{could: true, to: out}); err != nil {
			return 0, err
		}
		switch {
		case len(made.Blocked(true)) > 0:
			return exitError, nil
		case detailed && made.HasChanges():
			return exitChanges, nil
		}
		return exitDone, nil
	})
}
