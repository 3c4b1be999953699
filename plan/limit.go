package plan

import (
	"github.com/retainctl/retainctl/spec"
)

// defaultMaxDeletes is the limit if max_deletes is not set. It applies only if at least
// enoughForPercent messages are managed: a percentage of fewer says little.
var defaultMaxDeletes = spec.Threshold{Number: 30, Percent: true}

const enoughForPercent = 10

// limit checks the plan against max_deletes. It also refuses to delete everything because
// nothing is declared: that is what a wrong folder looks like.
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
	case len(p.in.Desired) == 0 && budget.Managed > p.forgotten && !all:
		p.addRefusal(RefuseEmpty, false, p.deletes()...)
	case p.in.MaxDeletes == nil && budget.Managed < enoughForPercent:
	case budget.exceeded():
		p.addRefusal(RefuseMaxDeletes, false, p.deletes()...)
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
