package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// refuse notes a topic that a refusal is about, with whatever sides are known.
func (p *planner) refuse(kind RefusalKind, fatal bool, t *topic) {
	p.note(kind, fatal, p.refused(t))
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

func (p *planner) refused(t *topic) Refused {
	hide := p.redaction(t)
	r := Refused{Key: t.key}
	if t.rec != nil {
		r.Address, r.Recorded = t.rec.Address, shown(t.rec.Message, hide)
	}
	if t.pending != nil && t.pending.After != nil {
		r.Address, r.Planned = t.pending.After.Address, shown(t.pending.After.Message, hide)
	}
	if d := t.decl; d != nil {
		r.Address, r.File, r.Line = d.Address, d.Range.Filename, d.Range.Start.Line
		if r.Planned == nil {
			r.Planned = shown(d.Message, hide)
		}
	}
	if t.there && p.in.Refreshed {
		r.Live = p.shownLive(t, t.live.Message)
	}
	return r
}

// defaultMaxDeletes is the limit where nobody set one. It is a percentage of
// little where few messages are managed: there it does not hold.
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

func (b DeleteBudget) exceeded() bool {
	if b.Limit.Percent {
		return b.Deletes*100 > b.Limit.Number*b.Managed
	}
	return b.Deletes > b.Limit.Number
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

// checks says which assertions of the configuration do not hold.
func checks(failed []spec.Failed) []string {
	var said []string
	for _, f := range failed {
		said = append(said, fmt.Sprintf("%s at %s:%d: %s", f.Address, f.Range.Filename, f.Range.Start.Line, f.Message))
	}
	return said
}

// warn adds what the reader should know, each once.
func (p *planner) warn() {
	add := func(w Warning) { p.plan.Warnings = append(p.plan.Warnings, w) }
	p.lookAhead()
	if said := checks(p.in.Failed); len(said) > 0 {
		add(Warning{Kind: WarnCheck, Failed: said})
	}
	if len(p.otherwise) > 0 {
		add(Warning{Kind: WarnRestored, Topics: p.otherwise})
	}
	if len(p.in.Target)+len(p.in.Exclude) > 0 {
		add(Warning{Kind: WarnTargeted})
	}
	if idle := p.selected.idle(); len(idle) > 0 {
		add(Warning{Kind: WarnUnmatched, Topics: idle})
	}
	if filters := p.unscanned(); len(filters) > 0 {
		p.incomplete("undeclared messages within exclusive filters were not looked for")
		add(Warning{Kind: WarnUnscanned, Topics: filters})
	}
	if p.sensitive && p.key == nil {
		add(Warning{Kind: WarnUnkeyed})
	}
	for _, name := range slices.Sorted(maps.Keys(p.missing)) {
		if p.unseen(name) && p.in.Mode != RefreshOnly {
			add(Warning{Kind: WarnUnseen, Broker: name, Topics: p.missing[name]})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.hidden)) {
		add(Warning{Kind: WarnUnreadable, Broker: name, Fields: p.hidden[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(p.unchecked)) {
		add(Warning{Kind: WarnUnchecked, Broker: name, Fields: p.hidden[name], Topics: p.unchecked[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(p.expiring)) {
		add(Warning{Kind: WarnExpiring, Broker: name, Topics: p.expiring[name]})
	}
}

// lookAhead collects what is to be warned of in the declarations. QoS is left
// out: what a subscriber receives says little about what was published, on any
// broker.
func (p *planner) lookAhead() {
	if p.in.Mode != Normal { // nothing of what is declared is planned
		return
	}
	for i := range p.in.Desired {
		d := &p.in.Desired[i]
		b := p.byName[d.Broker]
		if b == nil {
			continue
		}
		p.sensitive = p.sensitive || !d.Redaction.None()
		if d.Expiry > 0 && d.RenewBefore == 0 {
			p.expiring[b.Name] = append(p.expiring[b.Name], d.Topic)
		}
		if unseen := declared(d.Message) &^ b.Readable &^ mqtt.FieldQoS; unseen != 0 && p.in.Refreshed {
			p.hidden[b.Name] |= unseen
		}
	}
	for _, topics := range p.expiring {
		slices.Sort(topics)
	}
}

// declared gives the fields that a message sets.
func declared(m mqtt.Message) mqtt.Fields { return m.Diff(mqtt.Message{}) }

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }
