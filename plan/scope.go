package plan

import (
	"slices"

	"github.com/retainctl/retainctl/spec"
)

// removed reports whether a removed block says to forget what is recorded at a
// topic. A declared topic in such a block is an error of the configuration.
func (in *Input) removed(e *entry) bool {
	return e.decl == nil && in.removes(e.broker.Name, e.key.Topic)
}

func (in *Input) removes(broker, topic string) bool {
	return slices.ContainsFunc(in.Removed, func(s spec.FilterBlock) bool { return s.Matches(broker, topic) })
}

// exclusiveAt returns the exclusive block that takes in whatever is not declared at
// a topic: one at most, since exclusive filters do not overlap. What it excepts,
// and what a removed block has set free, belongs to somebody else.
func (in *Input) exclusiveAt(broker, topic string) *spec.Exclusive {
	for i := range in.Exclusive {
		x := &in.Exclusive[i]
		if x.Matches(broker, topic) && !x.Excepts(topic) && !in.removes(broker, topic) {
			return x
		}
	}
	return nil
}

// protectedBy returns the protect block that forbids to delete a topic, or nil.
func (in *Input) protectedBy(broker, topic string) *spec.FilterBlock {
	i := slices.IndexFunc(in.Protect, func(s spec.FilterBlock) bool { return s.Matches(broker, topic) })
	if i < 0 {
		return nil
	}
	return &in.Protect[i]
}

// exclusives returns the blocks within whose filters undeclared messages of a broker
// must be looked for: those that the plan is about. A destroy is about what is
// recorded.
func (in *Input) exclusives(broker string) []spec.Exclusive {
	var found []spec.Exclusive
	for i := range in.Exclusive {
		x := &in.Exclusive[i]
		about := len(in.Target) == 0 || slices.ContainsFunc(in.Target, func(s Selector) bool { return s.mayMeet(x) })
		if in.Mode == Normal && x.Broker == broker && about {
			found = append(found, *x)
		}
	}
	return found
}
