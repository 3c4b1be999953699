package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/state"
)

// mayApply checks all that must hold before anything is published, and asks for approval.
func mayApply(ctx context.Context, s *session, p *plan.Plan, f *applyFlags) error {
	if len(p.Blocked(false)) > 0 {
		return refuse(s, p, f.format)
	}
	if f.expect != "" && f.expect != p.Token() {
		return failure("Not the plan that was reviewed",
			fmt.Sprintf("-expect=%s was given, but the plan above has the token %s: the configuration, the state or a broker changed since. Nothing was published; review it again.", f.expect, p.Token()))
	}
	if !p.HasChanges() || f.autoApprove || f.expect != "" {
		return nil
	}
	return approve(ctx, s, p, f.input)
}

// refuse prints why a plan cannot be applied, unless the plan that says so was printed on
// the same terminal.
func refuse(s *session, p *plan.Plan, format string) error {
	onScreen := s.StdoutTTY && s.StderrTTY && format == string(render.Text)
	if s.events == nil && !onScreen {
		if err := render.Refusals(s.Stderr, p, s.err()); err != nil {
			return err
		}
	}
	return failure("Nothing was published", "What stands against the plan is said above.")
}

// carryOut opens the brokers for writing and runs the plan.
func carryOut(ctx context.Context, s *session, p *project, made *planned, f *applyFlags) (int, error) {
	to, closeAll, err := s.destinations(ctx, p.config, made, f.parallelism)
	if err != nil {
		return 0, err
	}
	defer closeAll()
	version := made.version
	report, err := apply.Run(ctx, made.Plan, made.prior, apply.Options{
		To: to, Event: progress(s), SkipVerify: !f.verify, Observed: made.observed, Now: time.Now,
		Save: func(ctx context.Context, snapshot *state.Snapshot) (err error) {
			snapshot.Serial++
			version, err = p.store.Write(ctx, snapshot, version)
			return err
		},
		Backup: func(b *state.Backup) error { return backUp(s, b, f.backup) },
	})
	if err != nil && ctx.Err() == nil {
		return 0, failure("Nothing was published", headline(err)+". Mend that and apply again: neither the state nor a broker was changed.")
	}
	if err != nil {
		return 0, err
	}
	code, err := conclude(s, report, f.format)
	if code == exitDone && err == nil && made.Mode == plan.Normal {
		err = sayOutputs(s, p.config, f.format)
	}
	return code, errors.Join(err, remind(s, made.Plan, report))
}

// progress returns the consumer of a run's events.
func progress(s *session) func(apply.Event) {
	if s.events != nil {
		return s.events.Apply
	}
	return render.NewProgress(s.Stderr, s.StderrTTY, s.err(), time.Now).Event
}

// conclude prints the final report, rescues a state that could not be written, and
// returns the exit status. A plan that was printed as a document stays alone on stdout.
func conclude(s *session, report *apply.Report, format string) (int, error) {
	switch {
	case s.events != nil:
	case format == string(render.Text):
		render.Report(s.Stdout, s.Stderr, report, s.out())
	default:
		render.Report(s.Stderr, s.Stderr, report, s.err())
	}
	if report.SaveErr != nil {
		return 0, rescue(s, report)
	}
	switch {
	case report.Interrupted:
		return exitInterrupted, nil
	case report.Failed():
		return exitError, nil
	}
	return exitDone, nil
}

// remind warns at the end of a restore of what the next apply will undo.
func remind(s *session, p *plan.Plan, r *apply.Report) error {
	if s.events != nil || !r.Published() {
		return nil
	}
	return render.StillDeclared(s.Stderr, p, s.err())
}
