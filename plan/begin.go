package plan

import (
	"cmp"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Begun is a plan that waits for what is live: it knows what must be read of each
// broker to finish it. It does not change; what is asked of it may be asked side by
// side, and it may be finished more than once.
type Begun struct {
	in       Input
	byName   map[string]*Broker
	byID     map[state.Identity]*Broker
	known    map[state.Key]*entry // declared, recorded, pending or to be restored
	entries  []*entry             // of these the selected ones, sorted by broker and topic
	selected selection
	managed  int // how many are recorded or pending
}

// Begin works out what must be read for a plan. Every declared message names one of
// the brokers, and no two brokers have one identity: the caller has refused what is
// otherwise. Recorded messages whose broker is not among them are left alone.
//
// What is not to be touched because it is not selected takes no part from here on:
// a message that nobody may touch must not take part in a diff.
func Begin(in Input) *Begun {
	b := &Begun{
		in: in, selected: newSelection(&in),
		byName: map[string]*Broker{}, byID: map[state.Identity]*Broker{},
	}
	for i := range in.Brokers {
		broker := &in.Brokers[i]
		b.byName[broker.Name], b.byID[broker.Identity] = broker, broker
	}
	for _, e := range b.gather() {
		if in.Mode == Restore {
			if e.backup == nil {
				continue
			}
			e.restore()
		}
		if e.decl == nil && e.rec == nil {
			e.exclusive = in.exclusiveAt(e.broker.Name, e.key.Topic)
		}
		if e.rec != nil || e.pending != nil {
			b.managed++
		}
		if b.selected.has(e) {
			e.republish = e.decl != nil && b.selected.republish.take(e)
			b.entries = append(b.entries, e)
		}
	}
	slices.SortFunc(b.entries, byKey)
	return b
}

func byKey(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.broker.Name, b.broker.Name), state.CompareKeys(a.key, b.key))
}

// gather returns the topics of the declarations, the state and a backup, in no order,
// and makes them known.
func (b *Begun) gather() []*entry {
	prior, backup := b.in.Prior, b.in.Backup
	if prior == nil {
		prior = &state.Snapshot{}
	}
	if backup == nil {
		backup = &state.Backup{}
	}
	most := len(b.in.Desired) + len(prior.Records) + len(prior.Pending) + len(backup.Records)
	slab := make([]entry, 0, most) // never grows: known points into it
	all := make([]*entry, 0, len(b.in.Desired))
	b.known = make(map[state.Key]*entry, len(b.in.Desired))
	at := func(key state.Key, broker *Broker) *entry {
		e := b.known[key]
		if e == nil {
			slab = append(slab, entry{key: key, broker: broker})
			e = &slab[len(slab)-1]
			all, b.known[key] = append(all, e), e
		}
		return e
	}
	for i := range b.in.Desired {
		d := &b.in.Desired[i]
		if broker := b.byName[d.Broker]; broker != nil {
			at(state.Key{Broker: broker.Identity, Topic: d.Topic}, broker).decl = d
		}
	}
	for key, r := range prior.Records {
		if broker := b.byID[key.Broker]; broker != nil {
			at(key, broker).rec = &r
		}
	}
	for key, p := range prior.Pending {
		if broker := b.byID[key.Broker]; broker != nil {
			at(key, broker).pending = &p
		}
	}
	for key, r := range backup.Records {
		if broker := b.byID[key.Broker]; broker != nil {
			at(key, broker).backup = &r
		}
	}
	return all
}

// Reading is what must be read of one broker.
type Reading struct {
	Broker Broker
	Topics []string // to be read each by its name; sorted
	// Exclusives are the blocks within whose filters untracked messages must be
	// looked for.
	Exclusives []spec.Exclusive
}

// Readings returns what must be read of each of the input's brokers, in their order:
// less than all of it if the plan is targeted, or destroys only what is recorded.
func (b *Begun) Readings() []Reading {
	readings := make([]Reading, len(b.in.Brokers))
	of := make(map[*Broker]*Reading, len(readings))
	for i := range b.in.Brokers {
		broker := &b.in.Brokers[i]
		readings[i] = Reading{Broker: *broker, Exclusives: b.in.exclusives(broker.Name)}
		of[broker] = &readings[i]
	}
	for _, e := range b.entries {
		if b.in.mustRead(e) {
			r := of[e.broker]
			r.Topics = append(r.Topics, e.key.Topic)
		}
	}
	return readings
}

// Untracked returns the topics of a scan of one broker that nothing knows and an
// exclusive block takes in, sorted. Before they are deleted each is read once more by
// its topic: what a scan shows may be gone by then, and only exact reads determine that.
func (b *Begun) Untracked(broker state.Identity, live map[string]mqtt.Retained) []string {
	by := b.byID[broker]
	if by == nil || !b.looksForUntracked() {
		return nil
	}
	selected := b.selected.clone() // a scan alone uses no selector
	var found []string
	for name := range live {
		if e := b.untracked(by, name); e != nil && selected.has(e) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// looksForUntracked reports whether the plan is about messages that nothing knows.
func (b *Begun) looksForUntracked() bool {
	return b.in.Refreshed && b.in.Mode == Normal && len(b.in.Exclusive) > 0
}

// untracked returns an entry for a topic that nothing knows and an exclusive block
// takes in, or nil.
func (b *Begun) untracked(broker *Broker, name string) *entry {
	key := state.Key{Broker: broker.Identity, Topic: name}
	if b.known[key] != nil {
		return nil
	}
	x := b.in.exclusiveAt(broker.Name, name)
	if x == nil {
		return nil
	}
	return &entry{key: key, broker: broker, exclusive: x, untracked: true}
}
