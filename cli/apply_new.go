package cli

import "context"

// newPlan plans, asks and applies.
func (a applying) newPlan(ctx context.Context) (int, error) {
	if !a.f.refresh {
		return 0, failure("Nothing to check against",
			"apply reads the brokers before it publishes. Use -refresh=false with plan only.")
	}
	p, err := loadProject(ctx, a.s, &a.f.inputFlags, true, nil)
	if err != nil {
		return 0, err
	}
	p.approved = a.f.autoApprove
	return locked(ctx, a.s, p, &a.f.inputFlags, a.f.operation, func(ctx context.Context) (int, error) {
		made, err := makePlan(ctx, a.s, p, &a.f.planFlags)
		if err != nil {
			return 0, err
		}
		if err := printPlan(a.s, made.Plan, &a.f.planFlags, a.format, saving{}); err != nil {
			return 0, err
		}
		if err := a.mayApply(ctx, made.Plan); err != nil {
			return 0, err
		}
		return a.carryOut(ctx, p, made)
	})
}
