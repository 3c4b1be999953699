package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// savedPlan applies a plan file. It publishes what was reviewed and nothing else.
func (a applying) savedPlan(ctx context.Context, path string) (int, error) {
	if name := a.f.planning(); name != "" {
		return 0, failure("A saved plan cannot be changed", fmt.Sprintf(
			"A saved plan is applied as it was made, so %s would have no effect. Pass it to \"plan -out=FILE\", or "+
				"apply without a plan file.", name))
	}
	saved, err := readPlan(a.s, path)
	if err != nil {
		return 0, err
	}
	p, err := loadProject(ctx, a.s, &a.f.inputFlags, true, preset(saved.Variables))
	if err != nil {
		return 0, err
	}
	p.approved = true
	return locked(ctx, a.s, p, &a.f.inputFlags, "apply", func(ctx context.Context) (int, error) {
		prior, version, err := p.store.Read(ctx)
		if err != nil {
			return 0, unread(ctx, err)
		}
		if err := a.checkSaved(saved, prior, p.config); err != nil {
			return 0, err
		}
		// A saved plan's observation is never fresh: every batch is read again.
		return a.carryOut(ctx, p, &planned{Plan: saved, prior: prior, version: version})
	})
}

// checkSaved refuses a saved plan that is stale, blocked or not the expected one.
func (a applying) checkSaved(saved *plan.Plan, prior *state.Snapshot, c *spec.Config) error {
	if err := saved.Stale(prior); err != nil {
		return failure("The saved plan is stale", headline(err)+". Nothing was published; make a new plan.")
	}
	if len(saved.Blocked(false)) > 0 {
		if err := printPlan(a.s, saved, &a.f.planFlags, render.Text, saving{}); err != nil {
			return err
		}
	}
	if err := errors.Join(saved.Resolve(c.Messages, digestKey(prior)), saved.Recheck(planInput(c, prior))); err != nil {
		return failure("The saved plan does not fit the configuration", headline(err)+
			". Nothing was published; make a new plan.")
	}
	approved := *a.f
	approved.autoApprove = true
	return applying{s: a.s, f: &approved, format: a.format}.mayApply(context.Background(), saved)
}

func digestKey(prior *state.Snapshot) []byte {
	if prior == nil {
		return nil
	}
	return prior.DigestKey
}

// preset returns the saved values of variables that are not sensitive.
func preset(saved []spec.Variable) map[string]cty.Value {
	values := map[string]cty.Value{}
	for _, v := range saved {
		if !v.Sensitive {
			values[v.Name] = v.Value
		}
	}
	return values
}
