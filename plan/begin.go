package plan

import (
	"cmp"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Begun is the first step of a plan. It knows what must be read from each broker before
// the plan can be finished. It is immutable: its methods may be called concurrently, and
// Finish may be called more than once.
type Begun struct {
	in       Input
	byName   map[string]*Broker
	byID     map[state.Identity]*Broker
	known    map[state.Key]*entry // declared, recorded, pending or to be restored
	entries  []*entry             // the selected ones of known, sorted by broker and topic
	selected selection
	managed  int // number of known topics that are recorded or pending
	shields  []shield
}

// Begin works out what must be read for a plan. The caller must have checked that no two
// brokers have the same identity. Messages whose broker is not in in.Brokers, declared or
// recorded, are ignored.
//
// Topics that are not selected are dropped here, before anything is compared: a message
// that the plan must not touch must not be part of a diff.
func Begin(in Input) *Begun {
	b := &Begun{
		in: in, selected: newSelection(&in), shields: shields(&in),
		byName: map[string]*Broker{}, byID: map[state.Identity]*Broker{},
	}
	for i := range in.Brokers {
		broker := &in.Brokers[i]
		b.byName[broker.Name], b.byID[broker.Identity] = broker, broker
	}
	for _, e := range b.gather() {
		use(b.shields, e.broker.Name, e.key.Topic)
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
			e.republish = e.decl != nil && b.selected.republish.match(e)
			e.overwrite = b.selected.overwrite.match(e) || in.OverwriteUnmanaged
			b.entries = append(b.entries, e)
		}
	}
	slices.SortFunc(b.entries, byKey)
	return b
}

func byKey(a, b *entry) int {
	return cmp.Or(cmp.Compare(a.broker.Name, b.broker.Name), state.CompareKeys(a.key, b.key))
}

// gather fills known with the topics of the declarations, the state and a backup, and
// returns them in no particular order.
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

// Reading is what must be read from one broker.
type Reading struct {
	Broker Broker
	Topics []string // for exact reads; sorted
	// Exclusives are the blocks whose filters must be scanned for untracked messages.
	// It is empty if no scan is needed.
	Exclusives []spec.Exclusive
}

// Readings returns what must be read from each of the input's brokers, in the order of
// Input.Brokers. A targeted plan reads only what it selects, and a destroy only what is
// recorded.
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

// Untracked returns the selected topics of a scan of one broker that are untracked and
// match an exclusive block, sorted. live is what the scan showed, by topic. The caller
// reads each of them by its topic before Finish: what a scan showed may be gone by then,
// and only an exact read determines that.
func (b *Begun) Untracked(broker state.Identity, live map[string]mqtt.Retained) []string {
	by := b.byID[broker]
	if by == nil || !b.looksForUntracked() {
		return nil
	}
	selected := b.selected.clone() // a match here must not mark a selector as used
	var found []string
	for name := range live {
		if e := b.untracked(by, name); e != nil && selected.has(e) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// looksForUntracked reports whether the plan deletes untracked messages.
func (b *Begun) looksForUntracked() bool {
	return b.in.Refreshed && b.in.Mode == Normal && len(b.in.Exclusive) > 0
}

// untracked returns an entry for a live topic if it is untracked and matches an exclusive
// block, and nil if not.
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
