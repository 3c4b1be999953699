package cli

import (
	"fmt"

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
	restoring          *state.Backup // the backup that restore publishes, nil otherwise
	destroy            bool
	overwriteUnmanaged bool
	compactWarnings    bool
	input              bool
	parallelism        int
	maxDeletes         *spec.Threshold

	target, exclude, republish, overwrite []plan.Selector
}

func (f *planFlags) define(fs *flags) {
	f.defineShared(fs)
	fs.BoolVar(&f.refresh, "refresh", true, "read the brokers; -refresh=false compares with the recorded state only")
	fs.BoolVar(&f.refreshOnly, "refresh-only", false, "record what is live in the state, and publish nothing")
	fs.BoolVar(&f.destroy, "destroy", false, "delete every recorded message")
	fs.Func("max-deletes", "delete at most `N|P%` messages", func(v string) error {
		t, err := spec.ParseThreshold(v)
		f.maxDeletes = &t
		return err
	})
	f.selectors(fs, "republish", "publish this %s again, even if nothing differs", plan.ParseSelector, &f.republish)
}

// defineShared declares the flags that restore also has.
func (f *planFlags) defineShared(fs *flags) {
	f.inputFlags.define(fs)
	fs.StringVar(&f.format, "format", "text", "print as `"+render.FormatChoice()+"`")
	fs.BoolVar(&f.events, "json", false, "print one JSON object for each event")
	fs.BoolVar(&f.verbose, "verbose", false, "print every change and whole values, without grouping")
	fs.natural(&f.maxBytes, "max-bytes", shortenUsage())
	fs.Var(&overwriteFlag{&f.overwriteUnmanaged, &f.overwrite}, "overwrite-unmanaged",
		"replace live messages that nobody recorded and that differ: all, or only this `ADDRESS|FILTER`; "+
			"may be repeated")
	fs.BoolVar(&f.compactWarnings, "compact-warnings", false, "print warnings as their summaries")
	fs.BoolVar(&f.input, "input", true, "ask on the terminal if an answer is needed")
	fs.natural(&f.parallelism, "parallelism",
		"at most `n` unacknowledged publishes in flight for each broker, or requests of any kind to AWS IoT; 0 for "+
			"as many as the broker's limits allow")
	f.selectors(fs, "target", "only this %s", plan.ParseTarget, &f.target)
	f.selectors(fs, "exclude", "all but this %s", plan.ParseTarget, &f.exclude)
}

// shortenUsage is the help of -max-bytes.
func shortenUsage() string {
	return "shorten a plan in " + render.FormatTitles(true, "or") + " to about this many `bytes`:" +
		" bodies are left out, but never the summary; 0 shortens nothing"
}

// selectors declares a flag that may be repeated. usage is its help text, with %s for its value.
func (f *planFlags) selectors(
	fs *flags, name, usage string, parse func(string) (plan.Selector, error), to *[]plan.Selector,
) {
	fs.Func(name, fmt.Sprintf(usage, "`ADDRESS|FILTER`")+"; may be repeated", func(v string) error {
		sel, err := parse(v)
		*to = append(*to, sel)
		return err
	})
}

// planning returns the name of a given flag that has an effect only while a plan is made, or "" if
// there is none.
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
	case f.overwriteUnmanaged || len(f.overwrite) > 0:
		return "-overwrite-unmanaged"
	case f.maxDeletes != nil:
		return "-max-deletes"
	}
	return ""
}

// checkRefreshOnly refuses flags that cannot be combined with -refresh-only.
func (f *planFlags) checkRefreshOnly() error {
	with := *f
	with.refreshOnly, with.target, with.exclude = false, nil, nil
	if other := with.planning(); f.refreshOnly && other != "" {
		return failure("Flags that cannot be combined", fmt.Sprintf(
			"-refresh-only records what is live and publishes nothing, so it cannot be combined with %s.", other))
	}
	return nil
}

// renderFormat returns the format that -format names. It refuses -max-bytes for a format that cannot
// be shortened, such as JSON.
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

// threshold returns the limit of -max-deletes, or else of the configuration; nil is the planner's
// default.
func (f *planFlags) threshold(c *spec.Config) *spec.Threshold {
	if f.maxDeletes != nil {
		return f.maxDeletes
	}
	return c.MaxDeletes
}
