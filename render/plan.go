package render

import (
	"slices"

	"github.com/retainctl/retainctl/plan"
)

// PlanOptions are what the display of a plan depends on beside the plan.
type PlanOptions struct {
	Style
	Verbose         bool   // every change by itself and every value whole
	CompactWarnings bool   // warnings by their summaries
	Diagnosed       bool   // text: what the configuration warns of was printed when it was loaded
	MaxBytes        int    // of text and Markdown; 0 is no limit. Bodies are left out, the summary never
	Title           string // of Markdown and HTML; "" is "Plan"
	Version         string // of retainctl, in JSON
	SavedTo         string // the plan file that was written
	Unsaved         bool   // say how to apply exactly this plan, which was not saved
}

// sections parts the groups of a plan: what the configuration asks for, and
// what mends changes that were made elsewhere.
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

// settled tells whether a plan may say that there is nothing to do: a refusal
// can hide changes.
func settled(p *plan.Plan) bool { return !p.HasChanges() && len(p.Refusals) == 0 }

func isDrift(c *plan.Change) bool { return slices.Contains(c.Reasons, plan.Drift) }

// limits are how much of each value a plan shows.
func (o PlanOptions) limits() limits {
	if o.Verbose {
		return limits{}
	}
	return brief
}

// bySeverity puts deletes first and leaves the order inside an action alone.
func bySeverity(groups []group) []group {
	return slices.SortedStableFunc(slices.Values(groups), func(a, b group) int {
		return slices.Index(severest, a.first().Action) - slices.Index(severest, b.first().Action)
	})
}
