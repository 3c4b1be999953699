package render

import (
	"slices"

	"github.com/retainctl/retainctl/plan"
)

// PlanOptions determines how Plan shows a plan. Not every format uses all of it.
type PlanOptions struct {
	Style                  // text
	Verbose         bool   // every change by itself, and every value in full
	CompactWarnings bool   // text: only the summaries of warnings
	Diagnosed       bool   // text: leave out failed checks, which were printed when the configuration was loaded
	MaxBytes        int    // text and Markdown: bodies, but never the summary, are left out to fit; 0 is no limit
	Title           string // Markdown and HTML; "" is "Plan"
	Version         string // JSON: the version of retainctl
	SavedTo         string // text: the plan file that was written, or ""
	Unsaved         bool   // text: say how to apply exactly this plan, which was not saved
}

// sections splits the groups of a plan into those that the configuration asks for and those that revert drift.
func sections(groups []group) (edits, drift []group) {
	for _, g := range groups {
		if isDrift(g.first()) {
			drift = append(drift, g)
		} else {
			edits = append(edits, g)
		}
	}
	return edits, drift
}

// nothingToDo reports whether a plan may say "No changes". With a refusal it may not, because that can hide changes.
func nothingToDo(p *plan.Plan) bool { return !p.HasChanges() && len(p.Refusals) == 0 }

func isDrift(c *plan.Change) bool { return slices.Contains(c.Reasons, plan.Drift) }

// limits returns how much of each value a plan shows.
func (o PlanOptions) limits() limits {
	if o.Verbose {
		return limits{}
	}
	return brief
}

// bySeverity returns groups in reviewOrder. The order of those with the same action stays.
func bySeverity(groups []group) []group {
	return slices.SortedStableFunc(slices.Values(groups), func(a, b group) int {
		return slices.Index(reviewOrder, a.first().Action) - slices.Index(reviewOrder, b.first().Action)
	})
}
