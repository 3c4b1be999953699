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

// applying is one run of apply, destroy or restore.
type applying struct {
	s      *session
	f      *applyFlags
	format render.Format
}

// prepareApply checks what can be checked before anything is read.
func prepareApply(s *session, f *applyFlags) (applying, error) {
	format, err := prepare(s, &f.planFlags)
	if err == nil {
		err = mayReplace(s, "-backup", f.backup, "backup", state.IsBackup)
	}
	return applying{s: s, f: f, format: format}, err
}

// mayApply checks all that must hold before anything is published, and asks for approval.
func (a applying) mayApply(ctx context.Context, p *plan.Plan) error {
	if len(p.Blocked(false)) > 0 {
		return a.refuse(p)
	}
	if a.f.expect != "" && a.f.expect != p.Token() {
		return failure("Not the plan that was reviewed",
			fmt.Sprintf("-expect=%s was given, but the plan above has the token %s: the configuration, the state or a "+
				"broker has changed since. Nothing was published; review it again.", a.f.expect, p.Token()))
	}
	if !p.HasChanges() || a.f.autoApprove || a.f.expect != "" {
		return nil
	}
	return approve(ctx, a.s, p, a.f.input)
}

// refuse prints why a plan cannot be applied, unless the same terminal already shows it as a
// part of the plan.
func (a applying) refuse(p *plan.Plan) error {
	onScreen := a.s.StdoutTTY && a.s.StderrTTY && a.format == render.Text
	if a.s.events == nil && !onScreen {
		if err := render.Refusals(a.s.Stderr, p, a.s.err()); err != nil {
			return err
		}
	}
	return failure("Nothing was published", "The reasons are listed above.")
}

// carryOut opens the brokers for writing and runs the plan.
func (a applying) carryOut(ctx context.Context, p *project, made *planned) (int, error) {
	to, closeAll, err := destinations(ctx, a.s, p.config, made, a.f.parallelism)
	if err != nil {
		return 0, err
	}
	defer closeAll()
	version := made.version
	report, err := apply.Run(ctx, made.Plan, made.prior, apply.Options{
		To: to, Event: a.progress(), SkipVerify: !a.f.verify, Observed: made.observed, Now: time.Now,
		Save: func(ctx context.Context, snapshot *state.Snapshot) (err error) {
			snapshot.Serial++
			version, err = p.store.Write(ctx, snapshot, version)
			return err
		},
		Backup: func(b *state.Backup) error { return backUp(a.s, p, b, a.f.backup) },
	})
	if err != nil && ctx.Err() == nil {
		return 0, failure("Nothing was published", headline(err)+
			". Fix that and apply again: neither the state nor a broker was changed.")
	}
	if err != nil {
		return 0, err
	}
	code, err := a.conclude(report)
	if code == exitDone && err == nil && made.Mode == plan.Normal {
		err = printApplied(a.s, p.config, a.format)
	}
	return code, errors.Join(err, a.remind(made.Plan, report))
}

// progress returns the consumer of a run's events.
func (a applying) progress() func(apply.Event) {
	if a.s.events != nil {
		return a.s.events.Apply
	}
	return render.NewProgress(a.s.Stderr, a.s.StderrTTY, a.s.err(), time.Now).Event
}

// conclude prints the final report, rescues a state that could not be written, and returns the
// exit status. If the plan was printed as a document, nothing else goes to stdout.
func (a applying) conclude(report *apply.Report) (int, error) {
	switch {
	case a.s.events != nil:
	case a.format == render.Text:
		render.Report(a.s.Stdout, a.s.Stderr, report, a.s.out())
	default:
		render.Report(a.s.Stderr, a.s.Stderr, report, a.s.err())
	}
	if report.SaveErr != nil {
		return 0, rescue(a.s, report)
	}
	switch {
	case report.Interrupted:
		return exitInterrupted, nil
	case report.Failed():
		return exitError, nil
	}
	return exitDone, nil
}

// remind warns, at the end of a restore, of what the next apply will undo.
func (a applying) remind(p *plan.Plan, r *apply.Report) error {
	if a.s.events != nil || !r.Published() {
		return nil
	}
	return render.StillDeclared(a.s.Stderr, p, a.s.err())
}
