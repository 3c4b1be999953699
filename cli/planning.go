package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// prepare checks flags that can be checked before anything is read, and returns the output format.
func prepare(s *session, f *planFlags) (render.Format, error) {
	s.compact = f.compactWarnings
	format, err := f.renderFormat()
	if err == nil {
		err = f.checkRefreshOnly()
	}
	if err == nil && f.events {
		s.events = render.NewEvents(s.Stdout, Version, time.Now)
		if f.format != "text" {
			err = failure("Two formats", "-json prints events, so it cannot be combined with -format.")
		}
	}
	return format, err
}

// planned is a plan with the state that it was made from.
type planned struct {
	*plan.Plan
	prior    *state.Snapshot
	version  state.Version
	observed time.Time // when the read of the brokers began
}

// makePlan reads the state and the brokers and makes the plan.
func makePlan(ctx context.Context, s *session, p *project, f *planFlags) (*planned, error) {
	prior, version, err := p.store.Read(ctx)
	if err != nil {
		return nil, unread(ctx, err)
	}
	if prior == nil && f.statePath != "" && !f.refresh {
		return nil, failure("No such state", fmt.Sprintf("-state names %s, which does not exist.", p.store.Address()))
	}
	in := planInput(p.config, prior)
	in.Refreshed, in.Mode, in.Backup = f.refresh, f.mode(), f.restoring
	in.Target, in.Exclude, in.Republish = f.target, f.exclude, f.republish
	in.OverwriteUnmanaged, in.Overwrite = f.overwriteUnmanaged, f.overwrite
	in.MaxDeletes, in.Failed = f.threshold(p.config), p.config.Failed
	began := time.Now() // a read of many messages takes minutes, so this is the age of the oldest
	made, err := observed(ctx, s, p.config.Brokers, in, f.parallelism)
	if err != nil {
		return nil, err
	}
	made.Variables = p.config.Variables
	return &planned{Plan: made, prior: prior, version: version, observed: began}, nil
}

// planInput returns what configuration and state contribute to a plan.
func planInput(c *spec.Config, prior *state.Snapshot) plan.Input {
	return plan.Input{
		Desired: c.Messages, Prior: prior,
		Exclusive: c.Exclusives, Protect: c.Protects, Removed: c.Removed,
	}
}

// saving is whether a command can save a plan, and where it did.
type saving struct {
	could bool
	to    string // "" if the plan was not saved
}

// printPlan prints a plan to stdout in the given format, or as events.
func printPlan(s *session, p *plan.Plan, f *planFlags, format render.Format, saved saving) error {
	if s.events != nil {
		s.events.Plan(p)
		return s.events.Err()
	}
	return render.Plan(s.Stdout, format, p, render.PlanOptions{
		Style: s.out(), Verbose: f.verbose, MaxBytes: f.maxBytes,
		CompactWarnings: f.compactWarnings, Diagnosed: s.diagnosed, Version: Version,
		SavedTo: saved.to, Unsaved: saved.could && saved.to == "",
	})
}
