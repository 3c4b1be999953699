package plan

import (
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
)

// refuse notes a topic that a refusal is about, with whatever sides are known.
func (p *planner) refuse(kind RefusalKind, t *topic) {
	p.note(kind, true, p.refused(t))
}

func (p *planner) refuseUnread(t *topic, cause error) {
	why := ""
	if cause != nil {
		why = cause.Error()
	}
	p.refuseBecause(RefuseUnread, t, why)
}

// refuseBecause makes plan itself fail, for a cause that is said with the topic.
func (p *planner) refuseBecause(kind RefusalKind, t *topic, cause string) {
	r := p.refused(t)
	r.Cause = cause
	p.note(kind, true, r)
}

func (p *planner) refuseLimits(t *topic, over []mqtt.Violation) {
	reasons := make([]string, len(over))
	for i, v := range over {
		reasons[i] = v.Reason
	}
	p.refuseBecause(RefuseLimits, t, strings.Join(reasons, "; "))
}

func (p *planner) note(kind RefusalKind, fatal bool, topics ...Refused) {
	i := slices.IndexFunc(p.plan.Refusals, func(r Refusal) bool { return r.Kind == kind })
	if i < 0 {
		p.plan.Refusals = append(p.plan.Refusals, Refusal{Kind: kind, Fatal: fatal})
		i = len(p.plan.Refusals) - 1
	}
	p.plan.Refusals[i].Topics = append(p.plan.Refusals[i].Topics, topics...)
}
