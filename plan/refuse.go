package plan

import (
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
)

// refuse adds a topic to the refusal of a kind.
func (p *planner) refuse(kind RefusalKind, t *topic) {
	p.addRefusal(kind, true, p.refused(t))
}

// refuseUnread refuses the plan because a topic is unread. cause may be nil.
func (p *planner) refuseUnread(t *topic, cause error) {
	why := ""
	if cause != nil {
		why = cause.Error()
	}
	p.refuseBecause(RefuseUnread, t, why)
}

// refuseBecause adds a fatal refusal whose topic has a cause.
func (p *planner) refuseBecause(kind RefusalKind, t *topic, cause string) {
	r := p.refused(t)
	r.Cause = cause
	p.addRefusal(kind, true, r)
}

func (p *planner) refuseLimits(t *topic, over []mqtt.Violation) {
	reasons := make([]string, len(over))
	for i, v := range over {
		reasons[i] = v.Reason
	}
	p.refuseBecause(RefuseLimits, t, strings.Join(reasons, "; "))
}

// addRefusal adds topics to the refusal of a kind.
func (p *planner) addRefusal(kind RefusalKind, fatal bool, topics ...Refused) {
	i := slices.IndexFunc(p.plan.Refusals, func(r Refusal) bool { return r.Kind == kind })
	if i < 0 {
		p.plan.Refusals = append(p.plan.Refusals, Refusal{Kind: kind, Fatal: fatal})
		i = len(p.plan.Refusals) - 1
	}
	p.plan.Refusals[i].Topics = append(p.plan.Refusals[i].Topics, topics...)
}
