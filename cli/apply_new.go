package cli

import (
	"context"

	"github.com/retainctl/retainctl/render"
)

// applyNew plans, asks and applies.
func applyNew(ctx context.Context, s *session, f *applyFlags, format render.Format) (int, error) {
	if !f.refresh {
		return 0, failure("Nothing to check against", "apply reads the brokers before it publishes: -refresh=false is for plan.")
	}
	p, err := loadProject(ctx, s, &f.inputFlags, true, nil)
	if err != nil {
		return 0, err
	}
	return locked(ctx, s, p, &f.inputFlags, f.operation, func(ctx context.Context) (int, error) {
		made, err := makePlan(ctx, s, p, &f.planFlags)
		if err != nil {
			return 0, err
		}
		if err := printPlan(s, made.Plan, &f.planFlags, format, saving{}); err != nil {
			return 0, err
		}
		if err := mayApply(ctx, s, made.Plan, f); err != nil {
			return 0, err
		}
		return carryOut(ctx, s, p, made, f)
	})
}
