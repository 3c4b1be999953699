package plan

import (
	"fmt"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
)

// Selector is one -target, -exclude or -republish: an address or an MQTT topic
// filter. An address without an instance key selects every instance, and that of a
// module everything in it.
type Selector struct {
	Address string
	Filter  string // set where Address is not
}

// ParseSelector reads an address or a topic filter. What begins like an address
// is one: "message.x", `message.x["key"]`, "message.x[0]", `message["a/b"]`,
// "module.m", also below `module.m["key"].`; "message.x/y" is a filter.
func ParseSelector(s string) (Selector, error) {
	if looksLikeAddress(s) {
		a, err := parseAddress(s)
		if err != nil {
			return Selector{}, fmt.Errorf("%q is no address: %w; write message.NAME, message.NAME[\"KEY\"], message[\"NAME\"] or module.NAME", s, err)
		}
		return Selector{Address: a.String()}, nil
	}
	if err := mqtt.CheckFilter(s); err != nil {
		return Selector{}, fmt.Errorf("%q is neither an address (message.NAME) nor a topic filter: %w", s, err)
	}
	return Selector{Filter: s}, nil
}

// String gives the selector as it is written on a command line.
func (s Selector) String() string { return s.Address + s.Filter }

// Matches tells whether the selector takes in a topic or the address of one.
func (s Selector) Matches(address, topic string) bool {
	if s.Address == "" {
		return mqtt.Match(s.Filter, topic)
	}
	return covers(s.Address, address)
}

// selection is what -target, -exclude and -republish say of topics, and which of
// them ever took something in.
type selection struct {
	target, exclude, republish picks
}

// picks are selectors with a note of those that matched.
type picks struct {
	of   []Selector
	used []bool
}

func newSelection(in Input) *selection {
	of := func(s []Selector) picks { return picks{s, make([]bool, len(s))} }
	return &selection{of(in.Target), of(in.Exclude), of(in.Republish)}
}

// take tells whether any of the selectors takes in a topic under any of the
// addresses that it is known by.
func (p picks) take(t *topic) bool {
	taken := false
	for i, s := range p.of {
		if slices.ContainsFunc(t.addresses(), func(a string) bool { return s.Matches(a, t.key.Topic) }) {
			p.used[i], taken = true, true
		}
	}
	return taken
}

// addresses are those that a topic is declared and recorded under.
func (t *topic) addresses() []string {
	found := make([]string, 0, 3)
	if t.decl != nil {
		found = append(found, t.decl.Address)
	}
	if t.rec != nil {
		found = append(found, t.rec.Address)
	}
	if t.pending != nil && t.pending.After != nil {
		found = append(found, t.pending.After.Address)
	}
	if t.exclusive != nil {
		found = append(found, t.exclusive.Stranger(t.key.Topic))
	}
	if len(found) == 0 {
		found = append(found, "")
	}
	return found
}

// has tells whether a topic is part of the plan.
func (s *selection) has(t *topic) bool {
	excluded := s.exclude.take(t)
	return (len(s.target.of) == 0 || s.target.take(t)) && !excluded
}

// idle lists the selectors that took in nothing: most likely a slip of the pen.
func (s *selection) idle() []string {
	var found []string
	for _, p := range []picks{s.target, s.exclude, s.republish} {
		for i, used := range p.used {
			if !used {
				found = append(found, p.of[i].String())
			}
		}
	}
	return found
}

// recordedOnly tells whether a plan looks at nothing but what state knows of.
func (in Input) recordedOnly() bool { return in.Mode == DestroyAll || in.Mode == RefreshOnly }

// Topics gives the topics of one broker that this plan must read, sorted: fewer
// than all where it is targeted, or destroys only what is recorded.
func (in Input) Topics(b Broker) []string {
	in.Brokers = []Broker{b}
	var found []string
	for _, t := range newPlanner(in).gather() {
		if in.recordedOnly() && t.rec == nil && t.pending == nil || in.removed(t) {
			continue
		}
		found = append(found, t.key.Topic)
	}
	return found
}
