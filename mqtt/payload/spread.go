package payload

import (
	"slices"
	"strconv"
	"strings"
)

// Spread returns the places of d that may hold what other documents, such as the known ones, have
// at the pointers. If d has another shape, it may have moved.
//
// An index matches every element of an array, because elements may be shifted. An object that lacks
// a member may have it under another name: all its members that no known document has are returned.
// If a value is not a container where the pointer needs one, the value itself is returned.
func (d Doc) Spread(pointers []string, known []Doc) []string {
	var found []string
	for _, p := range pointers {
		found = append(found, d.root.spread("", steps(p), known)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (n *node) spread(at string, steps []string, known []Doc) (found []string) {
	if len(steps) == 0 {
		return []string{at}
	}
	switch n.kind() {
	case '[':
		if _, err := strconv.Atoi(steps[0]); err != nil {
			return []string{at}
		}
		for i := range n.kids {
			found = append(found, n.kids[i].spread(at+"/"+n.step(i), steps[1:], known)...)
		}
		return found
	case '{':
		if i := n.child(steps[0]); i >= 0 {
			return n.kids[i].spread(at+"/"+n.step(i), steps[1:], known)
		}
		for i := range n.kids {
			place := at + "/" + n.step(i)
			if !slices.ContainsFunc(known, func(d Doc) bool { _, there := d.Get(place); return there }) {
				found = append(found, place)
			}
		}
		return found
	}
	return []string{at}
}

// Texts returns the strings (decoded) and the numbers within the value at a pointer.
func (d Doc) Texts(pointer string) []string {
	n := &d.root
	for _, step := range steps(pointer) {
		i := n.child(step)
		if i < 0 {
			return nil
		}
		n = &n.kids[i]
	}
	return n.texts()
}

func (n *node) texts() (found []string) {
	switch {
	case n.kind() == '"':
		return []string{n.text}
	case n.kind() == '0':
		return []string{n.raw}
	}
	for i := range n.kids {
		found = append(found, n.kids[i].texts()...)
	}
	return found
}

// Holding returns the places whose text contains one of the given texts. If the name of a member
// does, it returns the place of the object.
func (d Doc) Holding(texts []string) []string {
	holds := func(s string) bool {
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(s, text) })
	}
	return d.root.holding("", holds)
}

func (n *node) holding(at string, holds func(string) bool) (found []string) {
	switch n.kind() {
	case '"':
		if holds(n.text) {
			return []string{at}
		}
	case '0':
		if holds(n.raw) {
			return []string{at}
		}
	}
	for i := range n.kids {
		if n.kind() == '{' && holds(n.kids[i].name) {
			return []string{at}
		}
		found = append(found, n.kids[i].holding(at+"/"+n.step(i), holds)...)
	}
	return found
}
