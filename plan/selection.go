package plan

import (
	"slices"
)

// selection is what -target, -exclude, -republish and -overwrite-unmanaged select.
type selection struct {
	target, exclude, republish, overwrite selectors
}

// selectors are the selectors of one flag, and which of them have matched a topic.
type selectors struct {
	all  []Selector
	used []bool // by index
}

func newSelection(in *Input) selection {
	unused := func(s []Selector) selectors { return selectors{s, make([]bool, len(s))} }
	return selection{unused(in.Target), unused(in.Exclude), unused(in.Republish), unused(in.Overwrite)}
}

// clone returns a copy that notes used selectors separately.
func (s selection) clone() selection {
	for _, p := range []*selectors{&s.target, &s.exclude, &s.republish, &s.overwrite} {
		p.used = slices.Clone(p.used)
	}
	return s
}

// match reports whether one of the selectors matches a topic, and notes those that do.
func (p selectors) match(e *entry) bool {
	matched := false
	for i := range p.all {
		if p.all[i].matchesEntry(e) {
			p.used[i], matched = true, true
		}
	}
	return matched
}

// matchesEntry reports whether a selector matches a topic by its name or by one of its
// addresses.
func (s Selector) matchesEntry(e *entry) bool {
	return slices.ContainsFunc(e.addresses(), func(a string) bool { return s.Matches(a, e.key.Topic) })
}

// has reports whether a topic is part of the plan.
func (s selection) has(e *entry) bool {
	excluded := s.exclude.match(e)
	return (len(s.target.all) == 0 || s.target.match(e)) && !excluded
}

// unmatched returns the selectors that matched nothing, which are probably misspelt.
func (s selection) unmatched() []string {
	var found []string
	for _, p := range []selectors{s.target, s.exclude, s.republish, s.overwrite} {
		for i, used := range p.used {
			if !used {
				found = append(found, p.all[i].String())
			}
		}
	}
	return found
}
