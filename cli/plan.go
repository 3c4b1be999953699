package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

func planCommand() command {
	return command{
		name: "plan", brief: "show what apply would publish",
		about: `Compares the configuration with the recorded state and with what the brokers hold, and prints what apply would do. It publishes nothing.

Exit status: 0 no error, 1 error, 2 with -detailed-exitcode where there are changes.`,
		define: func(fs *flags) runFunc {
			var f planFlags
			f.define(fs)
			out := fs.String("out", "", "save the plan to a `file` that apply takes")
			detailed := fs.Bool("detailed-exitcode", false, "exit with 2 where there are changes")
			return func(ctx context.Context, s *session, args []string) (int, error) {
				if err := none(args); err != nil {
					return 0, err
				}
				return s.plan(ctx, &f, *out, *detailed)
			}
		},
	}
}

func (s *session) plan(ctx context.Context, f *planFlags, out string, detailed bool) (int, error) {
	format, err := s.prepare(f)
	if err == nil {
		err = s.mayReplace("-out", out, "plan file", plan.IsFile)
	}
	if err != nil {
		return 0, err
	}
	p, err := s.load(ctx, &f.inputFlags, f.refresh, nil)
	if err != nil {
		return 0, err
	}
	return s.locked(ctx, p, &f.inputFlags, "plan", func(ctx context.Context) (int, error) {
		made, err := s.makePlan(ctx, p, f)
		if err != nil {
			return 0, err
		}
		if err := s.savePlan(made.Plan, out); err != nil {
			return 0, err
		}
		if err := s.printPlan(made.Plan, f, format, saving{could: true, to: out}); err != nil {
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

// savePlan writes a plan file, mode 0600 since it holds payloads. A plan that
// apply would refuse for good is not saved.
func (s *session) savePlan(p *plan.Plan, out string) error {
	if out == "" || len(p.Blocked(true)) > 0 {
		return nil
	}
	var b bytes.Buffer
	if err := plan.Save(&b, p); err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	if err := writePrivate(s.path(out), b.Bytes()); err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	return nil
}

// readPlan reads a plan file.
func (s *session) readPlan(path string) (*plan.Plan, error) {
	data, err := state.ReadFile(s.path(path))
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, failure("No plan file", fmt.Sprintf("%s cannot be read: %s. \"retainctl plan -out=FILE\" writes a plan that apply takes.", path, err))
	}
	p, err := plan.Load(bytes.NewReader(data))
	if err != nil {
		return nil, failure(fmt.Sprintf("Plan file %q", path), headline(err)+".")
	}
	return p, nil
}
