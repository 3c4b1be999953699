package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// applyFlags are plan's flags and apply's own.
type applyFlags struct {
	planFlags
	autoApprove bool
	expect      string
	verify      bool
	backup      string
	operation   string // "apply" or "restore"
}

func applyCommand() command {
	return command{
		name: "apply", args: "[PLANFILE]", brief: "publish what the plan says",
		about: `Plans, prints the plan, asks and publishes. A saved plan is applied without asking.

Exit status: 0 done, 1 error or something was not done, 130 interrupted.`,
		define: func(fs *flags) runFunc {
			f := applyFlags{operation: "apply"}
			f.define(fs)
			return func(ctx context.Context, s *session, args []string) (int, error) { return s.applyAny(ctx, &f, args) }
		},
	}
}

func destroyCommand() command {
	return command{
		name: "destroy", brief: "delete every recorded message; the same as apply -destroy",
		define: func(fs *flags) runFunc {
			f := applyFlags{operation: "apply"}
			f.define(fs)
			return func(ctx context.Context, s *session, args []string) (int, error) {
				f.destroy = true
				if err := none(args); err != nil {
					return 0, err
				}
				return s.applyAny(ctx, &f, nil)
			}
		},
	}
}

func (f *applyFlags) define(fs *flags) {
	f.planFlags.define(fs)
	f.defineApply(fs)
}

// defineApply declares what plan has not.
func (f *applyFlags) defineApply(fs *flags) {
	fs.BoolVar(&f.autoApprove, "auto-approve", false, "do not ask")
	fs.StringVar(&f.expect, "expect", "", "apply only if the plan still has this `token`")
	fs.BoolVar(&f.verify, "verify", true, "read back what was written, where the broker's acknowledgement does not prove that it is stored")
	fs.StringVar(&f.backup, "backup", "", "write the messages that are replaced to this `file` instead of one in .retainctl/backup")
	fs.elsewhere("out", "save a plan with \"plan -out=FILE\", review it, then run \"apply FILE\".", false)
	fs.elsewhere("detailed-exitcode", "whether there are changes is plan's to tell: run \"plan -detailed-exitcode\".", true)
}

func (s *session) applyAny(ctx context.Context, f *applyFlags, args []string) (int, error) {
	format, err := s.prepareApply(f)
	if err != nil {
		return 0, err
	}
	switch len(args) {
	case 0:
		return s.applyNew(ctx, f, format)
	case 1:
		return s.applySaved(ctx, f, args[0])
	}
	return 0, failure("Too many arguments", "apply takes one plan file at most.")
}

// prepareApply is prepare for what publishes.
func (s *session) prepareApply(f *applyFlags) (render.Format, error) {
	format, err := s.prepare(&f.planFlags)
	if err == nil {
		err = s.mayReplace("-backup", f.backup, "backup", state.IsBackup)
	}
	return format, err
}

// applyNew plans, asks and applies.
func (s *session) applyNew(ctx context.Context, f *applyFlags, format render.Format) (int, error) {
	if !f.refresh {
		return 0, failure("Nothing to check against", "apply reads the brokers before it publishes: -refresh=false is for plan.")
	}
	p, err := s.load(ctx, &f.inputFlags, true, nil)
	if err != nil {
		return 0, err
	}
	return s.locked(ctx, p, &f.inputFlags, f.operation, func(ctx context.Context) (int, error) {
		made, err := s.makePlan(ctx, p, &f.planFlags)
		if err != nil {
			return 0, err
		}
		if err := s.printPlan(made.Plan, &f.planFlags, format, saving{}); err != nil {
			return 0, err
		}
		if err := s.mayApply(ctx, made.Plan, f); err != nil {
			return 0, err
		}
		return s.carryOut(ctx, p, made, f)
	})
}

// mayApply asks whatever must hold before anything is published.
func (s *session) mayApply(ctx context.Context, p *plan.Plan, f *applyFlags) error {
	if len(p.Blocked(false)) > 0 {
		return s.refuse(p, f.format)
	}
	if f.expect != "" && f.expect != p.Token() {
		return failure("Not the plan that was reviewed",
			fmt.Sprintf("-expect=%s was given, but the plan above has the token %s: the configuration, the state or a broker changed since. Nothing was published; review it again.", f.expect, p.Token()))
	}
	if !p.HasChanges() || f.autoApprove || f.expect != "" {
		return nil
	}
	return s.approve(ctx, p, f.input)
}

// refuse says what keeps a plan from being applied: again, unless the plan that says
// it stands on the same terminal.
func (s *session) refuse(p *plan.Plan, format string) error {
	onScreen := s.StdoutTTY && s.StderrTTY && format == string(render.Text)
	if s.events == nil && !onScreen {
		if err := render.Refusals(s.Stderr, p, s.err()); err != nil {
			return err
		}
	}
	return failure("Nothing was published", "What stands against the plan is said above.")
}

// applySaved applies a plan file: what was reviewed is what is published.
func (s *session) applySaved(ctx context.Context, f *applyFlags, path string) (int, error) {
	if name := f.planning(); name != "" {
		return 0, failure("Too late to plan otherwise", fmt.Sprintf("A saved plan is applied as it was made, so %s has no say any more. Give it to \"plan -out=FILE\", or apply without a plan file.", name))
	}
	saved, err := s.readPlan(path)
	if err != nil {
		return 0, err
	}
	p, err := s.load(ctx, &f.inputFlags, true, preset(saved.Variables))
	if err != nil {
		return 0, err
	}
	return s.locked(ctx, p, &f.inputFlags, "apply", func(ctx context.Context) (int, error) {
		prior, version, err := p.store.Read(ctx)
		if err != nil {
			return 0, unread(ctx, err)
		}
		if err := s.checkSaved(saved, prior, p.config, f); err != nil {
			return 0, err
		}
		// A saved plan's observation is never fresh: every batch is read again.
		return s.carryOut(ctx, p, &planned{Plan: saved, prior: prior, version: version}, f)
	})
}

// checkSaved refuses a saved plan that is stale, blocked or not the expected one.
func (s *session) checkSaved(saved *plan.Plan, prior *state.Snapshot, c *spec.Config, f *applyFlags) error {
	if err := saved.Stale(prior); err != nil {
		return failure("The saved plan is stale", headline(err)+". Nothing was published; make a new plan.")
	}
	if len(saved.Blocked(false)) > 0 {
		if err := s.printPlan(saved, &f.planFlags, render.Text, saving{}); err != nil {
			return err
		}
	}
	if err := saved.Resolve(c.Messages, digestKey(prior)); err != nil {
		return failure("The saved plan does not fit the configuration", headline(err)+". Nothing was published; make a new plan.")
	}
	approved := *f
	approved.autoApprove = true
	return s.mayApply(context.Background(), saved, &approved)
}

func digestKey(prior *state.Snapshot) []byte {
	if prior == nil {
		return nil
	}
	return prior.DigestKey
}

// preset gives the saved values of variables that are not sensitive.
func preset(saved []spec.Variable) map[string]cty.Value {
	values := map[string]cty.Value{}
	for _, v := range saved {
		if !v.Sensitive {
			values[v.Name] = v.Value
		}
	}
	return values
}

// carryOut opens the brokers for writing and runs the plan.
func (s *session) carryOut(ctx context.Context, p *project, made *planned, f *applyFlags) (int, error) {
	to, closeAll, err := s.destinations(ctx, p.config, made, f.parallelism)
	if err != nil {
		return 0, err
	}
	defer closeAll()
	progress := s.progress()
	version := made.version
	report, err := apply.Run(ctx, made.Plan, made.prior, apply.Options{
		To: to, Event: progress, SkipVerify: !f.verify, Observed: made.observed, Now: time.Now,
		Save: func(ctx context.Context, snapshot *state.Snapshot) (err error) {
			snapshot.Serial++
			version, err = p.store.Write(ctx, snapshot, version)
			return err
		},
		Backup: func(b *state.Backup) error { return s.backUp(b, f.backup) },
	})
	if err != nil && ctx.Err() == nil {
		return 0, failure("Nothing was published", headline(err)+". Mend that and apply again: neither the state nor a broker was changed.")
	}
	if err != nil {
		return 0, err
	}
	code, err := s.conclude(report, f.format)
	if code == exitDone && err == nil && made.Mode == plan.Normal {
		err = s.sayOutputs(p.config, f.format)
	}
	return code, errors.Join(err, s.remind(made.Plan, report))
}

// progress gives the consumer of a run's events.
func (s *session) progress() func(apply.Event) {
	if s.events != nil {
		return s.events.Apply
	}
	return render.NewProgress(s.Stderr, s.StderrTTY, s.err(), time.Now).Event
}

// conclude prints the end report, rescues a state that could not be written, and
// gives the exit status. A plan that was printed as a document stays the only thing
// on stdout.
func (s *session) conclude(report *apply.Report, format string) (int, error) {
	switch {
	case s.events != nil:
	case format == string(render.Text):
		render.Report(s.Stdout, s.Stderr, report, s.out())
	default:
		render.Report(s.Stderr, s.Stderr, report, s.err())
	}
	if report.SaveErr != nil {
		return 0, s.rescue(report)
	}
	switch {
	case report.Interrupted:
		return exitInterrupted, nil
	case report.Failed():
		return exitError, nil
	}
	return exitDone, nil
}
