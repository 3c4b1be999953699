package payload

import "strings"

// Leaf is a place at which two documents differ. An absent side is "".
type Leaf struct {
	Pointer       string // RFC 6901; "" is the whole document
	Before, After string // compact JSON
}

// Diff returns the leaves that differ: first those of a, in its order, then those that b adds.
// Array elements are compared by index. A subtree that only one side has is one Leaf for each of
// its leaves (an empty object or array is a leaf). A value that changed its kind is one Leaf with
// both values whole.
func Diff(a, b Doc) []Leaf {
	var found differences
	found.compare(&a.root, &b.root, nil)
	return found.leaves
}

// differences collects leaves. The path to a value is passed down as steps, and becomes a pointer
// only if the value differs.
type differences struct{ leaves []Leaf }

func (d *differences) add(path []string, leaf Leaf) {
	if len(path) > 0 {
		leaf.Pointer = "/" + strings.Join(path, "/")
	}
	d.leaves = append(d.leaves, leaf)
}

func (d *differences) compare(a, b *node, path []string) {
	if !a.container() || a.kind() != b.kind() {
		if !sameScalar(a, b) {
			d.add(path, Leaf{Before: a.json(), After: b.json()})
		}
		return
	}
	find := b.finder()
	matched := make([]bool, len(b.kids))
	for i := range a.kids {
		here := append(path, a.step(i))
		if j := find(a, i); j >= 0 {
			matched[j] = true
			d.compare(&a.kids[i], &b.kids[j], here)
			continue
		}
		d.only(&a.kids[i], here, func(value string) Leaf { return Leaf{Before: value} })
	}
	for j := range b.kids {
		if !matched[j] {
			d.only(&b.kids[j], append(path, b.step(j)), func(value string) Leaf { return Leaf{After: value} })
		}
	}
}

// only adds every leaf of a subtree that one side has.
func (d *differences) only(n *node, path []string, leaf func(value string) Leaf) {
	if len(n.kids) == 0 {
		d.add(path, leaf(n.json()))
		return
	}
	for i := range n.kids {
		d.only(&n.kids[i], append(path, n.step(i)), leaf)
	}
}

// finder returns a function that finds in n the counterpart of another container's i-th child: by
// index in an array, by name in an object. Most documents keep their order, so it tries the same
// place first, and makes a map only for a large object that does not.
func (n *node) finder() func(of *node, i int) int {
	var byName map[string]int
	return func(of *node, i int) int {
		name := of.kids[i].name
		switch {
		case i < len(n.kids) && n.kids[i].name == name:
			return i
		case n.kind() == '[':
			return -1
		case len(n.kids) <= smallObject:
			return n.child(name)
		case byName == nil:
			byName = make(map[string]int, len(n.kids))
			for j := range n.kids {
				byName[n.kids[j].name] = j
			}
		}
		if j, ok := byName[name]; ok {
			return j
		}
		return -1
	}
}
