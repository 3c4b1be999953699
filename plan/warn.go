package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// describeFailed returns one line for each assertion that does not hold.
func describeFailed(failed []spec.Failed) []string {
	var lines []string
	for _, f := range failed {
		lines = append(lines, fmt.Sprintf("%s at %s:%d: %s", f.Address, f.Range.Filename, f.Range.Start.Line, f.Message))
	}
	return lines
}

// warn adds the warnings, each kind once for each broker.
func (p *planner) warn() {
	add := func(w Warning) { p.plan.Warnings = append(p.plan.Warnings, w) }
	p.checkDeclared()
	if failed := describeFailed(p.in.Failed); len(failed) > 0 {
		add(Warning{Kind: WarnCheck, Failed: failed})
	}
	if len(p.contradicting) > 0 {
		add(Warning{Kind: WarnRestored, Topics: p.contradicting})
	}
	if len(p.in.Target)+len(p.in.Exclude) > 0 {
		add(Warning{Kind: WarnTargeted})
	}
	if unmatched := p.selected.unmatched(); len(unmatched) > 0 {
		add(Warning{Kind: WarnUnmatched, Topics: unmatched})
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
	for _, name := range slices.Sorted(maps.Keys(p.unplaced)) {
		add(Warning{Kind: WarnUnplaced, Broker: name, Topics: p.unplaced[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(p.expiring)) {
		add(Warning{Kind: WarnExpiring, Broker: name, Topics: p.expiring[name]})
	}
}

// checkDeclared collects what to warn of in the declarations. It ignores QoS: on every
// broker, what a subscriber receives says little about what was published.
func (p *planner) checkDeclared() {
	if p.in.Mode != Normal { // the plan is not about what is declared
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
		if hidden := declared(d.Message) &^ b.Readable &^ mqtt.FieldQoS; hidden != 0 && p.refreshed {
			p.hidden[b.Name] |= hidden
		}
	}
	for _, topics := range p.expiring {
		slices.Sort(topics)
	}
}

// unscanned returns the exclusive filters that were not scanned because the plan has no
// refresh.
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
