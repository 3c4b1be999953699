package cli

import (
	"context"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// applySaved applies a plan file: what was reviewed is what is published.
func applySaved(ctx context.Context, s *session, f *applyFlags, path string) (int, error) {
	if name := f.planning(); name != "" {
		return 0, failure("Too late to plan otherwise", fmt.Sprintf("A saved plan is applied as it was made, so %s has no say any more. Give it to \"plan -out=FILE\", or apply without a plan file.", name))
	}
	saved, err := readPlan(s, path)
	if err != nil {
		return 0, err
	}
	p, err := loadProject(ctx, s, &f.inputFlags, true, preset(saved.Variables))
	if err != nil {
		return 0, err
	}
	return locked(ctx, s, p, &f.inputFlags, "apply", func(ctx context.Context) (int, error) {
		prior, version, err := p.store.Read(ctx)
		if err != nil {
			return 0, unread(ctx, err)
		}
		if err := checkSaved(s, saved, prior, p.config, f); err != nil {
			return 0, err
		}
		// A saved plan's observation is never fresh: every batch is read again.
		return carryOut(ctx, s, p, &planned{Plan: saved, prior: prior, version: version}, f)
	})
}

// checkSaved refuses a saved plan that is stale, blocked or not the expected one.
func checkSaved(s *session, saved *plan.Plan, prior *state.Snapshot, c *spec.Config, f *applyFlags) error {
	if err := saved.Stale(prior); err != nil {
		return failure("The saved plan is stale", headline(err)+". Nothing was published; make a new plan.")
	}
	if len(saved.Blocked(false)) > 0 {
		if err := printPlan(s, saved, &f.planFlags, render.Text, saving{}); err != nil {
			return err
		}
	}
	if err := saved.Resolve(c.Messages, digestKey(prior)); err != nil {
		return failure("The saved plan does not fit the configuration", headline(err)+". Nothing was published; make a new plan.")
	}
	approved := *f
	approved.autoApprove = true
	return mayApply(context.Background(), s, saved, &approved)
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
