package render

import (
	"fmt"
	"slices"

	"github.com/retainctl/retainctl/plan"
)

// outsideChange returns an entry of Plan.Drift as the update or delete that somebody else made. It is for display only:
// a refresh-only plan publishes nothing, and its entries have no action.
func outsideChange(c plan.Change) plan.Change {
	c.Action = plan.Update
	if c.After == nil {
		c.Action = plan.Delete
	}
	return c
}

func outsideChanges(drift []plan.Change) []plan.Change {
	changes := make([]plan.Change, len(drift))
	for i, c := range drift {
		changes[i] = outsideChange(c)
	}
	return changes
}

// driftGroups groups what a refresh-only plan accepts.
func driftGroups(p *plan.Plan, verbose bool) []group {
	groups := groupChanges(outsideChanges(p.Drift), verbose)
	for i := range groups {
		groups[i].accepted = true
	}
	return groups
}

// driftOutcome completes the heading of a change that somebody else made, as outcomes does for a planned one.
func driftOutcome(c *plan.Change) string {
	switch {
	case c.Action == plan.Update:
		return "has changed outside of retainctl"
	case slices.Contains(c.Reasons, plan.Expired):
		return "has expired"
	}
	return "has been deleted outside of retainctl"
}

const (
	driftTitle = "retainctl found these changes since it last published:"
	driftTail  = " This is a refresh-only plan: applying it records what is live in the state, and publishes nothing."
)

// verdict returns a plan in one or two sentences, the first of which is emphasised. Review tools match those of a
// normal plan to the letter.
func verdict(p *plan.Plan) (head, tail string) {
	switch {
	case !nothingToDo(p) && p.Mode == plan.RefreshOnly:
		return driftCount(len(p.Drift)), driftTail
	case !nothingToDo(p):
		return planLine(p.Counts()), ""
	case p.Mode == plan.RefreshOnly:
		return noChangesHead, " The state matches the live messages."
	case p.Mode == plan.Restore:
		return noChangesHead, " The live messages match the backup."
	}
	return noChangesHead, " Your infrastructure matches the configuration."
}

func driftCount(n int) string {
	return fmt.Sprintf("%s changed outside of retainctl.", Count(n, "message"))
}
