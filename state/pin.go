package state

import (
	"cmp"
	"maps"
	"slices"
)

// Moved is a block that led to one broker and now leads to another.
type Moved struct {
	Name     string
	Was, Now Identity
}

// Orphan is a broker that the state has records of and that no block leads to.
type Orphan struct {
	Identity Identity
	Name     string // the block that last led to it
	Records  int
}

// Pin notes which block leads to which broker. It drops a broker that no block leads to and nothing
// is recorded on, because its label may name another broker now. It reports whether the pins
// changed.
func (s *Snapshot) Pin(now map[Identity]Pin) bool {
	was := maps.Clone(s.Brokers)
	maps.Copy(s.Brokers, now)
	held := s.held()
	maps.DeleteFunc(s.Brokers, func(id Identity, _ Pin) bool {
		_, named := now[id]
		return !named && held[id] == 0
	})
	return !maps.Equal(was, s.Brokers)
}

// held returns how many topics of each broker are recorded or pending.
func (s *Snapshot) held() map[Identity]int {
	counts := map[Identity]int{}
	for key := range s.Records {
		counts[key.Broker]++
	}
	for key := range s.Pending {
		counts[key.Broker]++
	}
	return counts
}

// Holds reports whether anything is recorded or pending on a broker.
func (s *Snapshot) Holds(id Identity) bool { return s.held()[id] > 0 }

// CheckPins compares the brokers of a configuration, by block label, with those that the state has
// records of. A record belongs to an identity: a renamed block keeps its records, and a block that
// leads elsewhere must not take them along.
func (s *Snapshot) CheckPins(now map[string]Identity) (moved []Moved, orphans []Orphan) {
	named := slices.Collect(maps.Values(now))
	for id, n := range s.held() {
		pin := s.Brokers[id]
		current, declared := now[pin.Name]
		switch {
		case declared && current != id:
			moved = append(moved, Moved{Name: pin.Name, Was: id, Now: current})
		case !slices.Contains(named, id):
			orphans = append(orphans, Orphan{Identity: id, Name: pin.Name, Records: n})
		}
	}
	slices.SortFunc(moved, func(a, b Moved) int { return cmp.Compare(a.Was, b.Was) })
	slices.SortFunc(orphans, func(a, b Orphan) int { return cmp.Compare(a.Identity, b.Identity) })
	return moved, orphans
}

// Shared returns the labels of two blocks that lead to one broker, if there are any: a record there
// would belong to both.
func Shared(now map[string]Identity) (one, other string, shared bool) {
	first := map[Identity]string{}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if taken, ok := first[now[name]]; ok {
			return taken, name, true
		}
		first[now[name]] = name
	}
	return "", "", false
}

// PinOf returns the identity that a block last led to. If that is unknown, pinned is false and the
// identity is one that no broker has. A label that was never seen is taken for a renamed block if
// exactly one recorded broker of its type has no block any more, and no other new label has that
// type.
func (s *Snapshot) PinOf(block Pin, blocks []Pin) (id Identity, pinned bool) {
	unpinned := Identity(block.Type + ":unpinned:" + block.Name)
	if s == nil {
		return unpinned, false
	}
	seen := map[string]bool{}
	var lost []Identity
	for id, pin := range s.Brokers {
		seen[pin.Name] = true
		switch {
		case pin.Type != block.Type:
		case pin.Name == block.Name:
			return id, true
		case !slices.ContainsFunc(blocks, func(b Pin) bool { return b.Name == pin.Name }):
			lost = append(lost, id)
		}
	}
	fresh := 0
	for _, b := range blocks {
		if b.Type == block.Type && !seen[b.Name] {
			fresh++
		}
	}
	if len(lost) != 1 || fresh != 1 {
		return unpinned, false
	}
	return lost[0], true
}

// Rebind moves the records, the pending entries and the pin of one identity to another: the same
// broker under a new address. It returns the number of records.
func (s *Snapshot) Rebind(old, new Identity) (records int) {
	for key, r := range s.Records {
		if key.Broker == old {
			delete(s.Records, key)
			s.Records[Key{new, key.Topic}] = r
			records++
		}
	}
	for key, p := range s.Pending {
		if key.Broker == old {
			delete(s.Pending, key)
			s.Pending[Key{new, key.Topic}] = p
		}
	}
	if pin, ok := s.Brokers[old]; ok {
		delete(s.Brokers, old)
		s.Brokers[new] = pin
	}
	return records
}
