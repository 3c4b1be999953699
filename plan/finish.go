package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/retainctl/retainctl/state"
)

// Finish makes the plan from the observation of each broker, by its identity; without a
// refresh observed is nil. A broker without an observation counts as read and empty, so the
// caller must not finish a plan whose brokers could not be read. now is the time of the plan.
//
// Topics that must not be touched (unread, in conflict) are excluded before anything is
// compared, not filtered out of the result.
func (b *Begun) Finish(observed map[state.Identity]Observation, now time.Time) *Plan {
	seen := make(map[state.Identity]*Observation, len(b.in.Brokers))
	for _, broker := range b.in.Brokers {
		of := observed[broker.Identity]
		seen[broker.Identity] = &of
	}
	p := newPlanner(b, seen, now)
	topics := p.topics(b, seen)
	idle := idleIgnored(&b.in, topics) // before settling changes the topics
	for _, t := range topics {
		switch {
		case p.in.removed(&t.entry):
			p.forgetRemoved(t)
		case p.determine(t):
			p.notePresence(t)
			p.decide(t)
		}
	}
	p.drop()
	p.limit()
	p.warn()
	p.note(WarnIdle, p.idle(b, seen))
	p.note(WarnIdleIgnored, idle)
	return p.plan
}

// topics returns the selected topics with what was observed of their brokers, sorted by
// broker and topic.
func (p *planner) topics(b *Begun, seen map[state.Identity]*Observation) []*topic {
	slab := make([]topic, len(b.entries)) // a copy, because settling changes them
	topics := make([]*topic, len(b.entries))
	for i, e := range b.entries {
		slab[i] = topic{entry: *e}
		topics[i] = &slab[i]
	}
	if b.looksForUntracked() {
		topics = append(topics, p.untracked(b, seen)...)
		slices.SortFunc(topics, func(a, b *topic) int { return byKey(&a.entry, &b.entry) })
	}
	var last *Broker
	var of *Observation
	for _, t := range topics {
		if t.broker != last {
			last, of = t.broker, seen[t.key.Broker]
		}
		t.observed = of
	}
	return topics
}

const unconfirmed = "broker %q showed %d undeclared messages that could not be read a second time"

// untracked returns the selected topics that are untracked and match an exclusive block. A
// topic that a scan showed and an exact read could not confirm is left alone.
func (p *planner) untracked(b *Begun, seen map[state.Identity]*Observation) []*topic {
	var found []*topic
	for i := range b.in.Brokers {
		broker, unsure := &b.in.Brokers[i], 0
		for name := range seen[broker.Identity].Live {
			e := b.untracked(broker, name)
			if e == nil {
				continue
			}
			if p.in.protectedBy(broker.Name, name) == nil {
				p.plan.Deletes.Managed++
			}
			if p.selected.has(e) {
				found = append(found, &topic{entry: *e})
			}
		}
		for name := range seen[broker.Identity].Unread {
			if b.untracked(broker, name) != nil {
				unsure++
			}
		}
		if unsure > 0 {
			p.incomplete(fmt.Sprintf(unconfirmed, broker.Name, unsure))
		}
	}
	return found
}

// notePresence notes whether a broker still holds what is recorded on it. If it shows none
// of it, it has probably lost its store, or the user has lost the right to read; it is less
// likely that somebody deleted every message.
func (p *planner) notePresence(t *topic) {
	name := t.broker.Name
	switch {
	case t.untracked: // not recorded
	case t.there:
		p.present[name] = true
	case t.rec != nil && p.refreshed && !expired(t.rec, p.now) && !p.mayBeAbsent(t):
		p.missing[name] = append(p.missing[name], t.key.Topic)
	}
}

// drop drops the records of messages that were to be removed and are gone: without a line
// in the plan, as Terraform does, unless the broker shows nothing at all. Then the messages
// may still be there but unreadable, so the plan lists them.
func (p *planner) drop() {
	for _, t := range p.gone {
		if p.unseen(t.broker.Name) {
			p.plan.Changes = append(p.plan.Changes, p.change(t, Forget, interrupted(t, Drift)))
		} else {
			p.stateOnly(t, nil)
		}
	}
	slices.SortFunc(p.plan.Changes, byPlace)
	slices.Sort(p.contradicting)
	slices.SortStableFunc(p.plan.StateOnly, byPlace) // stable: a topic may occur twice
}

// decide plans one determined topic.
func (p *planner) decide(t *topic) {
	if t.contradicts {
		p.contradicting = append(p.contradicting, t.key.Topic)
	}
	switch {
	case p.in.Mode == DestroyAll:
		p.remove(t, Destroy)
	case p.in.Mode == RefreshOnly:
		p.accept(t)
	case t.decl == nil && t.rec == nil:
		p.deleteUntracked(t)
	case t.decl == nil:
		p.remove(t, Undeclared)
	case p.mayBeAbsent(t):
		p.leaveAbsent(t)
	case !t.there:
		p.create(t)
	default:
		p.keep(t)
	}
}

// byPlace compares changes by broker and topic, the order of a plan.
func byPlace(a, b Change) int {
	return cmp.Or(cmp.Compare(a.Broker, b.Broker), cmp.Compare(a.Key.Topic, b.Key.Topic))
}
