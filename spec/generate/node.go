package generate

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt/payload"
)

// Kinds of nodes, in addition to '{' and '['.
const (
	text    = 's' // a string
	number  = '0'
	keyword = 'k' // true, false, null
	list    = 'l' // an array of scalars, which is a single value in a table
)

// node is a value in the configuration.
type node struct {
	kind   byte
	name   string // of a member of an object, or of an argument
	call   string // the function that an argument applies to the value; "" for none
	text   string // of a string; the source of a number or a keyword; the JSON of a list or a value that may be shared
	kids   []node
	shared *shared // nil unless several messages have the value
}

// shared is a value that several messages have, such as the device that many entities belong to.
type shared struct {
	of    *member
	key   string // distinguishes it from the others of its member
	value node
	nodes []*node  // that have the value
	words []string // that could be the key
}

// member holds the shared values of members with the same name. If the configuration would repeat
// some of them, they become a local value.
type member struct {
	name, local string
	values      []*shared
}

func textNode(s string) *node { return &node{kind: text, text: s} }

func (n node) named(name string) node {
	n.name = name
	return n
}

// sorted sorts the members of an object by name, in place.
func (n *node) sorted() *node {
	slices.SortFunc(n.kids, func(a, b node) int { return strings.Compare(a.name, b.name) })
	return n
}

// maxLevels bounds the depth of a document that is written as a value, because the language bounds
// the depth of expressions.
const maxLevels = 100

// convert converts a JSON value to a node. ok is false if jsonencode could not reproduce the value.
func convert(v payload.Value, depth int) (n node, ok bool) {
	n = node{kind: v.Kind(), name: v.Name()}
	if depth > maxLevels || !representable(n.name) {
		return n, false
	}
	switch n.kind {
	case '{', '[':
		members := v.Values()
		n.kids = make([]node, len(members))
		for i, member := range members {
			if n.kids[i], ok = convert(member, depth+1); !ok {
				return n, false
			}
		}
		if n.kind == '[' && len(n.kids) != 1 && !slices.ContainsFunc(n.kids, isContainer) {
			n.kind = list
		}
		if n.kind == list || depth == 1 {
			n.text = v.Raw()
		}
	case '"':
		n.kind, n.text = text, v.Text()
		return n, representable(n.text)
	case '0':
		n.text = v.Raw()
		return n, exactNumber(n.text)
	default:
		n.kind, n.text = keyword, v.Raw()
	}
	return n, true
}

func isContainer(n node) bool { return strings.IndexByte("{[l", n.kind) >= 0 }

// representable reports whether s can be a string of the language, whose strings are in normal form NFC.
func representable(s string) bool { return cty.NormalizeString(s) == s }

// exactNumber reports whether the language keeps a number exactly. It has 512 bits, and refuses an
// exponent of more than three digits.
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

// json returns a leaf as JSON.
func (n *node) json() string {
	if n.kind == text {
		b, _ := json.Marshal(n.text) // cannot fail for a string
		return string(b)
	}
	return n.text
}

// leaf reports whether a node is a single value in a table.
func (n *node) leaf() bool {
	return n.shared != nil || n.kind != '{' && n.kind != '[' || len(n.kids) == 0
}

// equal reports whether two leaves are the same value.
func (n *node) equal(o *node) bool {
	return n.kind == o.kind && n.text == o.text && n.shared == o.shared
}

// walk visits the leaves of a value in their order. at identifies the position of a leaf in the
// document, and path is a readable name of it: "schedule_1" is the second element of a schedule.
// Both are valid only during the visit.
func (n *node) walk(at []byte, path []string, visit func(at []byte, path []string, leaf *node)) {
	if n.leaf() {
		visit(at, path, n)
		return
	}
	element := ""
	if n.kind == '[' {
		element, path = singular(path[len(path)-1]), path[:len(path)-1]
	}
	for i := range n.kids {
		kid := &n.kids[i]
		name, step := kid.name, strconv.AppendQuote(append(at, '.'), kid.name)
		if n.kind == '[' {
			if name, step = element, strconv.AppendInt(append(at, '['), int64(i), 10); len(n.kids) > 1 {
				name += "_" + strconv.Itoa(i)
			}
		}
		kid.walk(append(step, kid.call...), append(path, name), visit)
	}
}
