package plan

import (
	"slices"
)

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

func newSelection(in *Input) selection {
	of := func(s []Selector) picks { return picks{s, make([]bool, len(s))} }
	return selection{of(in.Target), of(in.Exclude), of(in.Republish)}
}

// clone returns a selection whose notes are its own.
func (s selection) clone() selection {
	for _, p := range []*picks{&s.target, &s.exclude, &s.republish} {
		p.used = slices.Clone(p.used)
	}
	return s
}

// take reports whether any of the selectors takes in a topic under any of the
// addresses that it is known by, and notes which do.
func (p picks) take(e *entry) bool {
	taken := false
	for i := range p.of {
		if p.of[i].takes(e) {
			p.used[i], taken = true, true
		}
	}
	return taken
}

func (s Selector) takes(e *entry) bool {
	return slices.ContainsFunc(e.addresses(), func(a string) bool { return s.Matches(a, e.key.Topic) })
}

// has reports whether a topic is part of the plan.
func (s selection) has(e *entry) bool {
	excluded := s.exclude.take(e)
	return (len(s.target.of) == 0 || s.target.take(e)) && !excluded
}

// idle lists the selectors that took in nothing: most likely a slip of the pen.
func (s selection) idle() []string {
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
