package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

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
	if len(p.contradicting) > 0 {
		add(Warning{Kind: WarnRestored, Topics: p.contradicting})
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
		if unseen := declared(d.Message) &^ b.Readable &^ mqtt.FieldQoS; unseen != 0 && p.refreshed {
			p.hidden[b.Name] |= unseen
		}
	}
	for _, topics := range p.expiring {
		slices.Sort(topics)
	}
}

// unscanned lists the exclusive filters that a plan without a refresh says nothing
// of.
func (p *planner) unscanned() []string {
	if p.refreshed {
		return nil
	}
	var found []string
	for _, b := range p.in.Brokers {
		for _, x := range p.in.exclusives(b.Name) {
			found = append(found, x.Filter)
		}
	}
	return found
}
