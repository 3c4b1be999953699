package plan

import (
	"cmp"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// topic is all that is known of one topic.
type topic struct {
	key     state.Key
	broker  *Broker
	decl    *spec.Message
	rec     *state.Record // once settled: with what an interrupted apply did
	pending *state.Pending
	backup  *state.Record // what is to be restored
	live    mqtt.Retained
	there   bool // live, or without a refresh believed to be
	orphan  bool // only an interrupted apply knew of it
	unsure  bool // an interrupted apply may have changed what the broker does not show

	exclusive *spec.Exclusive // where nothing is declared or recorded: the block that takes it in
	stranger  bool            // nothing knew of it before a scan showed it

	republish bool // asked for by -republish
	otherwise bool // the configuration does not declare what is to be restored
}

// gather gives what is selected of the declared, the recorded and the pending
// topics, sorted by broker and topic.
func (p *planner) gather() []*topic {
	known := p.known()
	for _, t := range p.strangers(known) {
		known[t.key] = t
	}
	found := make([]*topic, 0, len(known))
	for _, t := range known {
		if p.in.Mode == Restore && !p.restored(t) {
			continue
		}
		if t.decl == nil && t.rec == nil {
			t.exclusive = p.in.exclusiveAt(t.broker.Name, t.key.Topic)
		}
		if t.rec != nil || t.pending != nil || t.stranger && p.in.protectedBy(t) == nil {
			p.plan.Deletes.Managed++
		}
		if p.selected.has(t) {
			t.republish = t.decl != nil && p.selected.republish.take(t)
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b *topic) int {
		return cmp.Or(cmp.Compare(a.broker.Name, b.broker.Name), state.CompareKeys(a.key, b.key))
	})
	return found
}

// known gives the topics of the declarations, the state and a backup.
func (p *planner) known() map[state.Key]*topic {
	most := len(p.in.Desired)
	if p.in.Prior != nil {
		most += len(p.in.Prior.Records) + len(p.in.Prior.Pending)
	}
	if p.in.Backup != nil {
		most += len(p.in.Backup.Records)
	}
	known := make(map[state.Key]*topic, len(p.in.Desired))
	all := make([]topic, 0, most) // never grows: known points into it
	at := func(b *Broker, name string) *topic {
		key := state.Key{Broker: b.Identity, Topic: name}
		t := known[key]
		if t == nil {
			all = append(all, topic{key: key, broker: b})
			t = &all[len(all)-1]
			known[key] = t
		}
		return t
	}
	for i := range p.in.Desired {
		d := &p.in.Desired[i]
		if b := p.byName[d.Broker]; b != nil {
			at(b, d.Topic).decl = d
		}
	}
	if p.in.Prior != nil {
		for key, r := range p.in.Prior.Records {
			if b := p.byID[key.Broker]; b != nil {
				at(b, key.Topic).rec = &r
			}
		}
		for key, e := range p.in.Prior.Pending {
			if b := p.byID[key.Broker]; b != nil {
				at(b, key.Topic).pending = &e
			}
		}
	}
	if p.in.Backup != nil {
		for key, r := range p.in.Backup.Records {
			if b := p.byID[key.Broker]; b != nil {
				at(b, key.Topic).backup = &r
			}
		}
	}
	return known
}
