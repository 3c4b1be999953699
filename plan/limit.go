package plan

import (
	"github.com/retainctl/retainctl/spec"
)

// defaultMaxDeletes is the limit if nobody set one. If few messages are managed it is a
// percentage of little, so it does not hold.
var defaultMaxDeletes = spec.Threshold{Number: 30, Percent: true}

const enoughForPercent = 10

// limit holds the plan against max_deletes, and refuses to take everything away
// because nothing is declared: a wrong folder looks just like that.
func (p *planner) limit() {
	budget := &p.plan.Deletes
	budget.Limit = defaultMaxDeletes
	if p.in.MaxDeletes != nil {
		budget.Limit = *p.in.MaxDeletes
	}
	if p.in.Mode == RefreshOnly {
		p.refuseUnseen()
	}
	if p.in.Mode != Normal {
		return
	}
	all := budget.Limit.Percent && budget.Limit.Number >= 100
	switch {
	case len(p.in.Desired) == 0 && budget.Managed > p.released && !all:
		p.note(RefuseEmpty, false, p.deletes()...)
	case p.in.MaxDeletes == nil && budget.Managed < enoughForPercent:
	case budget.exceeded():
		p.note(RefuseMaxDeletes, false, p.deletes()...)
	}
}

// deletes lists the topics that would be deleted.
func (p *planner) deletes() []Refused {
	var found []Refused
	for i := range p.plan.Changes {
		if c := &p.plan.Changes[i]; c.Action == Delete {
			found = append(found, Refused{Key: c.Key, Address: c.Address, Live: c.Before})
		}
	}
	return found
}
