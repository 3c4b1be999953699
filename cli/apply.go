package cli

import "context"

func applyCommand() command {
	return command{
		name: "apply", args: "[PLANFILE]", brief: "publish what the plan says",
		about: `Plans, prints the plan, asks and publishes. A saved plan is applied without asking.

Exit status: 0 done, 1 error or something was not done, 130 interrupted.`,
		define: func(fs *flags) runFunc {
			f := applyFlags{operation: "apply"}
			f.define(fs)
			return func(ctx context.Context, s *session, args []string) (int, error) {
				return runApply(ctx, s, &f, args)
			}
		},
	}
}

func runApply(ctx context.Context, s *session, f *applyFlags, args []string) (int, error) {
	a, err := prepareApply(s, f)
	if err != nil {
		return 0, err
	}
	switch len(args) {
	case 0:
		return a.newPlan(ctx)
	case 1:
		return a.savedPlan(ctx, args[0])
	}
	return 0, failure("Too many arguments", "apply takes one plan file at most.")
}
