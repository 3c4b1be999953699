package render

import (
	"fmt"
	"slices"

	"github.com/retainctl/retainctl/plan"
)

// asSeen gives what a refresh-only plan accepts the look of the change that somebody
// else made. It is shown only: what is carried out has no action.
func asSeen(c plan.Change) plan.Change {
	c.Action = plan.Update
	if c.After == nil {
		c.Action = plan.Delete
	}
	return c
}

func allAsSeen(drift []plan.Change) []plan.Change {
	seen := make([]plan.Change, len(drift))
	for i, c := range drift {
		seen[i] = asSeen(c)
	}
	return seen
}

// driftGroups groups what a refresh-only plan accepts.
func driftGroups(p *plan.Plan, verbose bool) []group {
	groups := groupChanges(allAsSeen(p.Drift), verbose)
	for i := range groups {
		groups[i].accepted = true
	}
	return groups
}

// happened says what became of a message, in the place of what will.
func happened(c *plan.Change) string {
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

// verdict is a plan in one sentence or two, the first of which is emphasised. Review
// tools match those of a normal plan to the letter.
func verdict(p *plan.Plan) (head, tail string) {
	switch {
	case !settled(p) && p.Mode == plan.RefreshOnly:
		return driftCount(len(p.Drift)), driftTail
	case !settled(p):
		return planLine(p.Counts()), ""
	case p.Mode == plan.RefreshOnly:
		return noChangesHead, " What is recorded is what is live."
	case p.Mode == plan.Restore:
		return noChangesHead, " What the backup holds is live."
	}
	return noChangesHead, " Your infrastructure matches the configuration."
}

func driftCount(n int) string {
	return fmt.Sprintf("%s changed outside of retainctl.", Count(n, "message"))
}
