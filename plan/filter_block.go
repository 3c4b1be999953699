package plan

import (
	"slices"

	"github.com/retainctl/retainctl/spec"
)

// removed reports whether what is recorded at a topic is to be forgotten because of a removed
// block. spec refuses a removed block that matches a declared topic.
func (in *Input) removed(e *entry) bool {
	return e.decl == nil && in.removes(e.broker.Name, e.key.Topic)
}

// removes reports whether a removed block matches a topic.
func (in *Input) removes(broker, topic string) bool {
	return slices.ContainsFunc(in.Removed, func(s spec.FilterBlock) bool { return s.Matches(broker, topic) })
}

// exclusiveAt returns the exclusive block that matches a topic, or nil. There is one at
// most, because exclusive filters do not overlap. Topics that the block excepts, or that a
// removed block matches, belong to somebody else.
func (in *Input) exclusiveAt(broker, topic string) *spec.Exclusive {
	for i := range in.Exclusive {
		x := &in.Exclusive[i]
		if x.Matches(broker, topic) && !x.Excepts(topic) && !in.removes(broker, topic) {
			return x
		}
	}
	return nil
}

// protectedBy returns the protect block that forbids deleting a topic, or nil.
func (in *Input) protectedBy(broker, topic string) *spec.FilterBlock {
	i := slices.IndexFunc(in.Protect, func(s spec.FilterBlock) bool { return s.Matches(broker, topic) })
	if i < 0 {
		return nil
	}
	return &in.Protect[i]
}

// exclusives returns the exclusive blocks of a broker whose filters must be scanned for
// untracked messages: those that the targets select. Only a Normal plan has any.
func (in *Input) exclusives(broker string) []spec.Exclusive {
	var found []spec.Exclusive
	for i := range in.Exclusive {
		x := &in.Exclusive[i]
		selected := len(in.Target) == 0 ||
			slices.ContainsFunc(in.Target, func(s Selector) bool { return s.mayMatchIn(x) })
		if in.Mode == Normal && x.Broker == broker && selected {
			found = append(found, *x)
		}
	}
	return found
}
