package payload

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// Paths is a set of pointers, split into steps. The step "*" is any one step: every member of an
// object, every element of an array.
type Paths [][]string

// AnyStep is the step that stands for every member and every element.
const AnyStep = "*"

// NewPaths returns the set of some pointers.
func NewPaths(pointers []string) Paths {
	paths := make(Paths, len(pointers))
	for i, p := range pointers {
		paths[i] = steps(p)
	}
	return paths
}

// Overlaps reports whether a path of the set leads to the pointer, into its value, or to a value
// around it.
func (p Paths) Overlaps(pointer string) bool { return p.meet(steps(pointer), math.MaxInt) }

// Covers reports whether a path of the set leads to the pointer or to a value around it.
func (p Paths) Covers(pointer string) bool {
	there := steps(pointer)
	return p.meet(there, len(there))
}

// meet reports whether a path of at most so many steps agrees with some steps as far as both go.
func (p Paths) meet(there []string, longest int) bool {
	return slices.ContainsFunc(p, func(path []string) bool {
		if len(path) > longest {
			return false
		}
		for i := range min(len(path), len(there)) {
			if path[i] != AnyStep && path[i] != there[i] {
				return false
			}
		}
		return true
	})
}

// at returns what remains of the paths after a step. whole is set if one of them ends there.
func (p Paths) at(step string) (rest Paths, whole bool) {
	for _, path := range p {
		switch {
		case len(path) == 0 || path[0] != AnyStep && path[0] != step:
		case len(path) == 1:
			return nil, true
		default:
			rest = append(rest, path[1:])
		}
	}
	return rest, false
}

// Without returns the document without the values at the paths. An object's member that holds
// nothing else is left out too, so that a value that is absent with its parents is no difference.
func (d Doc) Without(paths Paths) Doc { return Doc{d.root.without(paths)} }

func (n *node) without(paths Paths) node {
	if len(paths) == 0 || !n.container() {
		return *n
	}
	left := *n
	left.kids = nil
	for i := range n.kids {
		rest, whole := paths.at(n.plain(i))
		if whole {
			continue
		}
		kid := n.kids[i].without(rest)
		if len(rest) > 0 && n.kind() == '{' && kid.empty() {
			continue
		}
		left.kids = append(left.kids, kid)
	}
	return left
}

// plain returns the decoded step to the i-th child.
func (n *node) plain(i int) string {
	if n.kind() == '[' {
		return strconv.Itoa(i)
	}
	return n.kids[i].name
}

func (n *node) empty() bool { return n.container() && len(n.kids) == 0 }

// Graft returns the document with the values at the paths as another document has them: what is
// absent there is left out. A value of which keep returns true is not taken. ok is false if one is
// an object and the other an array: then the document is returned unchanged.
func (d Doc) Graft(from Doc, paths Paths, keep func(json string) bool) (grafted Doc, ok bool) {
	if d.root.kind() != from.root.kind() {
		return d, false
	}
	g := graft{keep}
	return Doc{g.merge(&d.root, &from.root, paths)}, true
}

type graft struct{ keep func(json string) bool }

// merge returns a value with what another one, nil if it is absent, has at the paths.
func (g graft) merge(n, from *node, paths Paths) node {
	switch {
	case len(paths) == 0:
		return *n
	case from == nil || !n.container() || from.kind() != n.kind():
		return n.without(paths)
	}
	merged := *n
	merged.kids = make([]node, 0, len(n.kids))
	find := from.finder()
	for i := range n.kids {
		var other *node
		if j := find(n, i); j >= 0 {
			other = &from.kids[j]
		}
		if kid, there := g.kid(n, i, other, paths); there {
			merged.kids = append(merged.kids, kid)
		}
	}
	g.add(&merged, n, from, paths)
	return merged
}

// kid returns what becomes of the i-th child. An element of an array is left out only at the end,
// because those after it would move.
func (g graft) kid(n *node, i int, other *node, paths Paths) (kid node, there bool) {
	rest, whole := paths.at(n.plain(i))
	kid = n.kids[i]
	switch {
	case !whole:
		merged := g.merge(&kid, other, rest)
		gone := len(rest) > 0 && other == nil && n.kind() == '{' && merged.empty()
		return merged, !gone
	case other == nil:
		return kid, n.kind() == '[' && !n.endsIn(i, paths)
	case g.keep(other.json()):
		return kid, true
	}
	return kid.with(nil, *other), true
}

// endsIn reports whether the paths lead to all elements of an array from the i-th on.
func (n *node) endsIn(i int, paths Paths) bool {
	for ; i < len(n.kids); i++ {
		if _, whole := paths.at(strconv.Itoa(i)); !whole {
			return false
		}
	}
	return true
}

// add adds to merged the children that only from has, as far as the paths lead to them.
func (g graft) add(merged, n, from *node, paths Paths) {
	find := n.finder()
	for j := range from.kids {
		if find(from, j) >= 0 {
			continue
		}
		kid, some := g.only(from, j, paths)
		if some && (from.kind() == '{' || len(merged.kids) == j) {
			merged.kids = append(merged.kids, kid)
		}
	}
}

// only returns what the paths leave of the i-th child, and false if that is nothing. An element of
// an array is taken only whole.
func (g graft) only(n *node, i int, paths Paths) (left node, some bool) {
	kid := &n.kids[i]
	rest, whole := paths.at(n.plain(i))
	switch {
	case whole:
		return *kid, !g.keep(kid.json())
	case len(rest) == 0 || !kid.container() || n.kind() == '[':
		return node{}, false
	}
	left = *kid
	left.kids = nil
	for j := range kid.kids {
		if part, some := g.only(kid, j, rest); some && (kid.kind() == '{' || len(left.kids) == j) {
			left.kids = append(left.kids, part)
		}
	}
	return left, len(left.kids) > 0
}

// Canonical returns the document in a form that equal documents share, whatever the order of their
// keys and the spelling of their strings and numbers. It is for comparing, not for sending.
func (d Doc) Canonical() []byte {
	var b strings.Builder
	d.root.canonical().write(&b)
	return []byte(b.String())
}

func (n *node) canonical() *node {
	same := *n
	switch n.kind() {
	case '"':
		same.raw = quote(n.text)
	case '0':
		same.raw = canonicalNumber(n.raw)
	case '{', '[':
		same.kids = make([]node, len(n.kids))
		for i := range n.kids {
			same.kids[i] = *n.kids[i].canonical()
			same.kids[i].key = quote(n.kids[i].name)
		}
	}
	if n.kind() == '{' {
		slices.SortFunc(same.kids, func(a, b node) int { return strings.Compare(a.name, b.name) })
	}
	return &same
}

func canonicalNumber(raw string) string {
	d, ok := newDecimal(raw)
	switch {
	case !ok:
		return raw
	case d.digits == "":
		return "0"
	case d.negative:
		return "-" + d.digits + "e" + strconv.FormatInt(d.exponent, 10)
	}
	return d.digits + "e" + strconv.FormatInt(d.exponent, 10)
}
