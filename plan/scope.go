package plan

import (
	"fmt"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Protected is an undeclared message within an exclusive filter that is left
// alone, since a protect block forbids to delete it.
type Protected struct {
	Key    state.Key
	Broker string // the block's label
	By     string // address of the protect block
}

// removed tells whether a removed block says to forget what is recorded at a
// topic. A declared topic in such a block is an error of the configuration.
func (in *Input) removed(t *topic) bool {
	return t.decl == nil && in.removes(t.broker.Name, t.key.Topic)
}

func (in *Input) removes(broker, topic string) bool {
	return slices.ContainsFunc(in.Removed, func(s spec.Scope) bool { return s.Has(broker, topic) })
}

// exclusiveAt gives the exclusive block that takes in whatever is not declared at
// a topic: one at most, since exclusive filters do not overlap. What it excepts,
// and what a removed block has set free, belongs to somebody else.
func (in *Input) exclusiveAt(broker, topic string) *spec.Exclusive {
	for i := range in.Exclusive {
		x := &in.Exclusive[i]
		if x.Has(broker, topic) && !x.Excepts(topic) && !in.removes(broker, topic) {
			return x
		}
	}
	return nil
}

// protectedBy gives the protect block that forbids to delete a topic, or nil.
func (in *Input) protectedBy(t *topic) *spec.Scope {
	i := slices.IndexFunc(in.Protect, func(s spec.Scope) bool { return s.Has(t.broker.Name, t.key.Topic) })
	if i < 0 {
		return nil
	}
	return &in.Protect[i]
}

// Exclusives gives the blocks within whose filters undeclared messages of a broker
// must be looked for: those that the plan is about. A destroy is about what is
// recorded.
func (in *Input) Exclusives(b Broker) []spec.Exclusive {
	var found []spec.Exclusive
	for i := range in.Exclusive {
		x := &in.Exclusive[i]
		about := len(in.Target) == 0 || slices.ContainsFunc(in.Target, func(s Selector) bool { return s.mayMeet(x) })
		if in.Mode == Normal && x.Broker == b.Name && about {
			found = append(found, *x)
		}
	}
	return found
}

// Strangers gives the topics of a scan that nothing knows and an exclusive block
// takes in, sorted. Before they are deleted each is read once more by its topic:
// what a scan shows may be gone by then, and only exact reads are settled.
func (in Input) Strangers(b Broker, live map[string]mqtt.Retained) []string {
	b.Observed = mqtt.Observation{Live: live}
	in.Brokers, in.Refreshed = []Broker{b}, true
	var found []string
	for _, t := range newPlanner(in).gather() {
		if t.stranger {
			found = append(found, t.key.Topic)
		}
	}
	return found
}

// strangers gives the live topics that nothing knows and an exclusive block takes
// in. One that a scan showed and an exact read could not confirm is left alone.
func (p *planner) strangers(known map[state.Key]*topic) []*topic {
	if !p.in.Refreshed || p.in.Mode != Normal || len(p.in.Exclusive) == 0 {
		return nil
	}
	var found []*topic
	for i := range p.in.Brokers {
		b, unsure := &p.in.Brokers[i], 0
		visit := func(name string, confirmed bool) {
			key := state.Key{Broker: b.Identity, Topic: name}
			x := p.in.exclusiveAt(b.Name, name)
			switch {
			case x == nil || known[key] != nil:
			case confirmed:
				found = append(found, &topic{key: key, broker: b, exclusive: x, stranger: true})
			default:
				unsure++
			}
		}
		for name := range b.Observed.Live {
			visit(name, true)
		}
		for name := range b.Observed.Unread {
			visit(name, false)
		}
		if unsure > 0 {
			p.incomplete(fmt.Sprintf("broker %q showed %d undeclared messages that could not be read a second time", b.Name, unsure))
		}
	}
	return found
}

// unscanned lists the exclusive filters that a plan without a refresh says nothing
// of.
func (p *planner) unscanned() []string {
	if p.in.Refreshed {
		return nil
	}
	var found []string
	for _, b := range p.in.Brokers {
		for _, x := range p.in.Exclusives(b) {
			found = append(found, x.Filter)
		}
	}
	return found
}

// incomplete notes why undeclared messages may be missing from the plan.
func (p *planner) incomplete(reasons ...string) {
	if len(reasons) > 0 {
		p.plan.Complete = false
		p.plan.Reasons = append(p.plan.Reasons, reasons...)
	}
}

// release forgets what a removed block says so of, without a look at the broker:
// whoever looks after it now may not let us read it.
func (p *planner) release(t *topic) {
	switch {
	case p.in.Mode == RefreshOnly: // no more than what is live is accepted
	case t.pending != nil && !p.in.Refreshed:
		p.refuse(RefusePending, true, t)
	case t.rec == nil: // only an interrupted apply knew of it
		p.bookkeep(t, nil)
	default:
		change := p.change(t, Forget, interrupted(t, Removed))
		change.Before, change.BeforeDigest = shown(t.rec.Message, change.Redaction), change.prior.Digest
		p.plan.Changes = append(p.plan.Changes, change)
		p.released++
	}
}

// expel plans the end of a live message that is neither declared nor recorded, if
// it is within an exclusive filter.
func (p *planner) expel(t *topic) {
	if t.exclusive == nil || !t.there {
		return
	}
	if by := p.in.protectedBy(t); by != nil {
		p.plan.Protected = append(p.plan.Protected, Protected{t.key, t.broker.Name, by.Address})
		return
	}
	why := []Reason{Exclusive}
	if t.pending != nil {
		why = append(why, Interrupted)
	}
	p.delete(t, why)
}

// unguarded tells whether a recorded message may be deleted; it refuses the plan
// where it may not.
func (p *planner) unguarded(t *topic) bool {
	if t.preventDestroy() {
		p.refuse(RefusePreventDestroy, true, t)
		return false
	}
	if by := p.in.protectedBy(t); by != nil {
		p.refuseBecause(RefuseProtect, t, fmt.Sprintf("%s at %s:%d", by.Address, by.Range.Filename, by.Range.Start.Line))
		return false
	}
	return true
}

// unclaimed tells whether a message that is to be forgotten would stay: within an
// exclusive filter the next plan would find a stranger in it and delete it.
func (p *planner) unclaimed(t *topic) bool {
	x := p.in.exclusiveAt(t.broker.Name, t.key.Topic)
	if x == nil {
		return true
	}
	p.refuseBecause(RefuseForget, t, fmt.Sprintf("%s at %s:%d", x.Address, x.Range.Filename, x.Range.Start.Line))
	return false
}
