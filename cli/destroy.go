package cli

import "context"

func destroyCommand() command {
	return command{
		name: "destroy", brief: "delete every recorded message; the same as apply -destroy",
		define: func(fs *flags) runFunc {
			f := applyFlags{operation: "apply"}
			f.define(fs)
			return func(ctx context.Context, s *session, args []string) (int, error) {
				f.destroy = true
				if err := noArguments(args); err != nil {
					return 0, err
				}
				return runApply(ctx, s, &f, nil)
			}
		},
	}
}
