package generate

import (
	"math/big"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt/payload"
	"github.com/retainctl/retainctl/spec"
)

// Kinds of nodes beside '{' and '['.
const (
	text    = 's' // a string
	number  = '0'
	keyword = 'k' // true, false, null
	list    = 'l' // an array of scalars, which is one value of a table
	common  = 'c' // an object or array that stands in several messages
)

// node is a value of the language.
type node struct {
	kind byte
	name string // of an object's member
	text string // of a string; a number or a keyword as spelled; the JSON of a list
	kids []node
	same *shared // of a common one
}

// maxLevels is how deep a document may be that is written as a value: the language
// bounds how deep an expression nests.
const maxLevels = 100

// convert reads a JSON value; ok is false where jsonencode could not give it again.
func convert(v payload.Value, depth int) (n node, ok bool) {
	n = node{name: v.Name()}
	if depth > maxLevels || !sayable(n.name) {
		return n, false
	}
	switch v.Kind() {
	case '{', '[':
		n.kind = v.Kind()
		for _, member := range v.Values() {
			kid, ok := convert(member, depth+1)
			if !ok {
				return n, false
			}
			n.kids = append(n.kids, kid)
		}
		if n.kind == '[' && len(n.kids) != 1 && !hasContainer(n.kids) {
			n.kind, n.text = list, v.Raw()
		}
	case '"':
		n.kind, n.text = text, v.Text()
		return n, sayable(n.text)
	case '0':
		n.kind, n.text = number, v.Raw()
		return n, exactNumber(n.text)
	default:
		n.kind, n.text = keyword, v.Raw()
	}
	return n, true
}

func hasContainer(kids []node) bool {
	for i := range kids {
		if strings.IndexByte("{[l", kids[i].kind) >= 0 {
			return true
		}
	}
	return false
}

// exactNumber tells whether a number survives: the language keeps 512 bits of it
// and refuses an exponent of more than three digits.
func exactNumber(s string) bool {
	if len(s) <= 15 && !strings.ContainsAny(s, "eE") {
		return true
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 && len(strings.TrimLeft(s[i+1:], "+-0")) > 3 {
		return false
	}
	f, _, err := big.ParseFloat(s, 10, 512, big.ToNearestEven)
	return err == nil && payload.Equal([]byte("["+s+"]"), []byte("["+f.Text('f', -1)+"]"))
}

// leaf tells whether a node is one value of a table.
func (n *node) leaf() bool { return n.kind != '{' && n.kind != '[' }

// reshape works out the shape and the leaves of an item.
func (it *item) reshape() {
	var b strings.Builder
	it.leaves = it.leaves[:0]
	for i := range it.attrs {
		a := &it.attrs[i]
		b.WriteString(a.name + "(" + a.call)
		it.outline(&b, &a.value)
		b.WriteByte(')')
	}
	it.shape = b.String()
}

// outline spells what of a value stands in the block, and collects what may stand
// in the table. The order of an object's members says nothing.
func (it *item) outline(b *strings.Builder, n *node) {
	if n.leaf() {
		switch {
		case n.kind == common:
			b.WriteByte(common)
		case n.kind == list:
			b.WriteByte(list)
		default:
			b.WriteByte('.')
		}
		it.leaves = append(it.leaves, n)
		return
	}
	b.WriteByte(n.kind)
	for _, kid := range n.sorted() {
		if n.kind == '{' {
			b.WriteString(spec.Quote(kid.name))
		}
		it.outline(b, kid)
	}
	b.WriteByte(n.kind + 2) // the closing bracket, in ASCII
}

// sorted gives the members of an object by name, and the elements of an array in
// their order.
func (n *node) sorted() []*node {
	all := make([]*node, len(n.kids))
	for i := range n.kids {
		all[i] = &n.kids[i]
	}
	if n.kind == '{' {
		slices.SortFunc(all, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	}
	return all
}

// equal tells whether two leaves are the same value.
func (n *node) equal(o *node) bool { return n.kind == o.kind && n.text == o.text && n.same == o.same }
