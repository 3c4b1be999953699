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

// planFlags are the flags that plan and apply share.
type planFlags struct {
	inputFlags
	format             string
	events             bool
	verbose            bool
	maxBytes           int
	refresh            bool
	refreshOnly        bool
	restoring          *state.Backup // of restore
	destroy            bool
	overwriteUnmanaged bool
	compactWarnings    bool
	input              bool
	parallelism        int
	maxDeletes         *spec.Threshold

	target, exclude, republish []plan.Selector
}

func (f *planFlags) define(fs *flags) {
	f.defineShared(fs)
	fs.BoolVar(&f.refresh, "refresh", true, "read the brokers; -refresh=false compares with the recorded state only")
	fs.BoolVar(&f.refreshOnly, "refresh-only", false, "accept what is live into the state, and publish nothing")
	fs.BoolVar(&f.destroy, "destroy", false, "delete every recorded message")
	fs.Func("max-deletes", "delete at most this many: `N|P%`", func(v string) error {
		t, err := spec.ParseThreshold(v)
		f.maxDeletes = &t
		return err
	})
	f.selectors(fs, "republish", "publish again, even where nothing differs,", plan.ParseSelector, &f.republish)
}

// defineShared declares what restore has too.
func (f *planFlags) defineShared(fs *flags) {
	f.inputFlags.define(fs)
	fs.StringVar(&f.format, "format", "text", "print as `"+render.FormatChoice()+"`")
	fs.BoolVar(&f.events, "json", false, "print one JSON object for each event")
	fs.BoolVar(&f.verbose, "verbose", false, "print every change and whole values, without grouping")
	fs.natural(&f.maxBytes, "max-bytes", shortenUsage())
	fs.BoolVar(&f.overwriteUnmanaged, "overwrite-unmanaged", false, "replace live messages that nobody recorded and that differ")
	fs.BoolVar(&f.compactWarnings, "compact-warnings", false, "print warnings as their summaries")
	fs.BoolVar(&f.input, "input", true, "ask on the terminal where an answer is needed")
	fs.natural(&f.parallelism, "parallelism", "at most `n` unacknowledged publishes in flight for each broker, of AWS IoT requests of any kind; 0 lets the broker's limits decide")
	f.selectors(fs, "target", "only", plan.ParseTarget, &f.target)
	f.selectors(fs, "exclude", "all but", plan.ParseTarget, &f.exclude)
}

// shortenUsage is the help of -max-bytes.
func shortenUsage() string {
	return "shorten a plan in " + render.FormatTitles(true, "or") + " to about this many `bytes`:" +
		" bodies are left out, the summary never; 0 shortens nothing"
}

func (f *planFlags) selectors(fs *flags, name, usage string, parse func(string) (plan.Selector, error), to *[]plan.Selector) {
	fs.Func(name, usage+" this `ADDRESS|FILTER`; may be repeated", func(v string) error {
		sel, err := parse(v)
		*to = append(*to, sel)
		return err
	})
}

// planning names a flag that was given and that only the making of a plan heeds.
func (f *planFlags) planning() string {
	switch {
	case f.destroy:
		return "-destroy"
	case !f.refresh:
		return "-refresh=false"
	case f.refreshOnly:
		return "-refresh-only"
	case len(f.target) > 0:
		return "-target"
	case len(f.exclude) > 0:
		return "-exclude"
	case len(f.republish) > 0:
		return "-republish"
	case f.overwriteUnmanaged:
		return "-overwrite-unmanaged"
	case f.maxDeletes != nil:
		return "-max-deletes"
	}
	return ""
}

// checkRefreshOnly refuses what has no say where nothing is published.
func (f *planFlags) checkRefreshOnly() error {
	with := *f
	with.refreshOnly, with.target, with.exclude = false, nil, nil
	if other := with.planning(); f.refreshOnly && other != "" {
		return failure("Flags that exclude each other", fmt.Sprintf("-refresh-only records what is live and publishes nothing, so it cannot be combined with %s.", other))
	}
	return nil
}

// renderFormat checks -format, and that -max-bytes has something to shorten: half a
// document is none.
func (f *planFlags) renderFormat() (render.Format, error) {
	format, ok := render.FormatNamed(f.format)
	switch {
	case !ok:
		return format, failure("Unknown format", fmt.Sprintf("-format=%s: write %s.", f.format, render.FormatNames()))
	case f.maxBytes > 0 && (f.events || !format.Shortens()):
		return format, failure("Nothing to shorten", fmt.Sprintf("-max-bytes leaves bodies out of %s. %s are always whole.",
			render.FormatTitles(true, "and"), render.FormatTitles(false, "and")))
	}
	return format, nil
}

// prepare checks what can be checked before anything is read.
func (s *session) prepare(f *planFlags) (render.Format, error) {
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

// planned is a plan with what it was made from.
type planned struct {
	*plan.Plan
	prior    *state.Snapshot
	version  state.Version
	observed time.Time // when the first message was read
}

// makePlan reads state and brokers and works out the plan.
func (s *session) makePlan(ctx context.Context, p *project, f *planFlags) (*planned, error) {
	prior, version, err := p.store.Read(ctx)
	if err != nil {
		return nil, unread(ctx, err)
	}
	if prior == nil && f.statePath != "" && !f.refresh {
		return nil, failure("No such state", fmt.Sprintf("-state names %s, which does not exist.", p.path))
	}
	in := plan.Input{
		Desired: p.config.Messages, Prior: prior, Brokers: recorded(p.config, prior),
		Refreshed: f.refresh, Mode: f.mode(), Backup: f.restoring,
		Exclusive: p.config.Exclusives, Protect: p.config.Protects, Removed: p.config.Removed,
		Target: f.target, Exclude: f.exclude, Republish: f.republish,
		OverwriteUnmanaged: f.overwriteUnmanaged, MaxDeletes: f.threshold(p.config), Failed: p.config.Failed,
	}
	began := time.Now() // a read of many messages takes minutes: the first is as old as that
	if f.refresh {
		if in.Brokers, err = s.observe(ctx, p.config, in, f.parallelism); err == nil {
			err = checkBackup(in.Brokers, f.restoring)
		}
	} else {
		err = checkRecorded(in.Brokers, prior)
	}
	if err != nil {
		return nil, err
	}
	in.Now = time.Now()
	for i := range in.Brokers {
		in.Brokers[i].Age = in.Now.Sub(began)
	}
	made := plan.New(in)
	made.Variables = p.config.Variables
	return &planned{Plan: made, prior: prior, version: version, observed: began}, nil
}

func (f *planFlags) mode() plan.Mode {
	switch {
	case f.destroy:
		return plan.DestroyAll
	case f.refreshOnly:
		return plan.RefreshOnly
	case f.restoring != nil:
		return plan.Restore
	}
	return plan.Normal
}

// threshold is the flag's, else the configuration's, else the planner's own.
func (f *planFlags) threshold(c *spec.Config) *spec.Threshold {
	if f.maxDeletes != nil {
		return f.maxDeletes
	}
	return c.MaxDeletes
}

// saving says where a printed plan was saved, or that it could have been.
type saving struct {
	could bool
	to    string
}

// printPlan prints a plan to stdout, in the form that was asked for.
func (s *session) printPlan(p *plan.Plan, f *planFlags, format render.Format, saved saving) error {
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
