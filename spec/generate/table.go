package generate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// table is a message block for messages of one shape, with a row for each of them.
type table struct {
	items   []*item
	levels  map[int]*column // for the levels in which the topics differ
	keyed   []int           // the levels that the key consists of
	key     *column
	byLevel bool             // the key is composed of columns for its levels
	columns []*column        // of the rows, without the key
	slots   map[*node][]part // templates for the leaves of the first item that differ in others
	topic   []part

	args               node   // of the first message, for the block
	label, local, file string // of the block; the rows are in the local value or the file
}

// newSingle returns the block of a single message.
func newSingle(it *item) *table { return &table{items: []*item{it}, args: it.args} }

// single reports whether the table is the block of a single message.
func (t *table) single() bool { return t.key == nil }

// newTable returns a table of messages of one shape. It returns nil for messages that have only
// their structure in common.
func newTable(items []*item, varying []int) *table {
	t := &table{items: items, args: items[0].args, levels: map[int]*column{}, slots: map[*node][]part{}}
	differ := t.differing()
	for _, level := range varying {
		t.levels[level] = t.levelColumn(level, differ)
	}
	t.chooseKey(varying)
	t.fill(varying, differ)
	if len(varying) == len(items[0].levels) && len(items[0].leaves)-len(t.slots) < 3 {
		return nil
	}
	t.arrangeTopic()
	t.nameColumns()
	return t
}

// differing returns a column for each leaf that is not the same in all messages, in
// the order of the block.
func (t *table) differing() (differ []*column) {
	t.items[0].args.walk(nil, nil, func(_ []byte, path []string, leaf *node) {
		c := &column{leaf: leaf, rank: len(differ), whole: len(path) == 1}
		for i := len(path) - 1; i >= 0; i-- {
			c.names = append(c.names, identifier(strings.Join(path[i:], "_")))
		}
		constant, i := true, slices.Index(t.items[0].leaves, leaf)
		for _, it := range t.items {
			n := it.leaves[i]
			constant = constant && n.equal(leaf)
			if n.shared != nil {
				n = textNode(n.shared.key)
			}
			c.cells = append(c.cells, n)
		}
		if c.words = strings.Contains(c.joined(), " "); !constant {
			differ = append(differ, c)
		}
	})
	return differ
}

// levelColumn returns a column with the names of a level. It is named after a leaf with the same
// values, or after the level before it, in the singular: "devices/dev-1" is a device.
func (t *table) levelColumn(level int, differ []*column) *column {
	c := &column{rank: level - len(t.items[0].levels), names: []string{fmt.Sprintf("level%d", level+1)}}
	for _, it := range t.items {
		c.cells = append(c.cells, textNode(it.levels[level]))
	}
	if level > 0 && t.levels[level-1] == nil {
		if name := singular(identifier(t.items[0].levels[level-1])); len(name) > 1 {
			c.names = []string{name}
		}
	}
	for _, leaf := range slices.Backward(differ) {
		if leaf.says(c) && leaf.leaf.name != "" && leaf.leaf.shared == nil {
			c.names = leaf.names[:1]
		}
	}
	return c
}

// chooseKey chooses the key: the last level with a different name in each message, or else all
// levels that differ, together.
func (t *table) chooseKey(varying []int) {
	for _, level := range varying {
		if c := t.levels[level]; c.distinct() == len(t.items) && !slices.Contains(c.texts(), "") {
			t.keyed, t.key = []int{level}, c
		}
	}
	if t.key != nil {
		t.key.name = t.key.names[0]
		return
	}
	t.keyed, t.key = varying, &column{name: "key"}
	for row := range t.items {
		names := make([]string, len(varying))
		for i, level := range varying {
			names[i] = t.levels[level].cells[row].text
		}
		t.key.cells = append(t.key.cells, textNode(strings.Join(names, "/")))
	}
}

// composite reports whether the key consists of several consecutive levels.
func (t *table) composite() bool {
	return len(t.keyed) > 1 && t.keyed[len(t.keyed)-1]-t.keyed[0] == len(t.keyed)-1
}

// fill chooses a template for every leaf that differs: over the levels of the topic, or over
// columns, which it adds.
func (t *table) fill(varying []int, differ []*column) {
	var bases []base
	for _, level := range varying {
		bases = append(bases, t.levels[level].bases()...)
	}
	if t.composite() {
		bases = append(bases, t.key.bases()...)
	}
	open := slices.DeleteFunc(differ, func(c *column) bool {
		parts := c.derive(bases)
		if parts != nil {
			t.slots[c.leaf] = parts
		}
		return parts != nil
	})
	// Words for people come first, because identifiers are derived from them, and short ones
	// first, because longer ones may contain them.
	slices.SortStableFunc(open, func(a, b *column) int {
		if a.words != b.words {
			return map[bool]int{true: -1, false: 1}[a.words]
		}
		return cmp.Compare(len(a.joined()), len(b.joined()))
	})
	for _, c := range open {
		bases = t.place(c, bases)
	}
}

// place chooses the template for a leaf that cannot be derived from the topic. If its values have
// most of their text in common, only the rest becomes a column. It returns the bases, with those
// of a new column.
func (t *table) place(c *column, bases []base) []base {
	same := func(o *column) bool { return slices.EqualFunc(c.cells, o.cells, (*node).equal) }
	if i := slices.IndexFunc(t.columns, same); i >= 0 {
		t.slots[c.leaf] = []part{{of: t.columns[i]}}
		return bases
	}
	if parts := c.derive(bases); parts != nil {
		t.slots[c.leaf] = parts
		return bases
	}
	before, after := c.trim()
	parts := c.derive(bases)
	if parts == nil {
		parts, t.columns, bases = []part{{of: c}}, append(t.columns, c), append(bases, c.bases()...)
	}
	t.slots[c.leaf] = joined(slices.Concat([]part{{text: before}}, parts, []part{{text: after}}))
	return bases
}

// arrangeTopic sets the template of the topics. A key of several consecutive levels needs no columns
// for them, unless another template uses one.
func (t *table) arrangeTopic() {
	t.byLevel = len(t.keyed) > 1 && !t.composite()
	for _, parts := range t.slots {
		for _, level := range t.keyed {
			uses := func(p part) bool { return p.of == t.levels[level] }
			t.byLevel = t.byLevel || len(t.keyed) > 1 && slices.ContainsFunc(parts, uses)
		}
	}
	for level, name := range t.items[0].levels {
		p := part{text: name, of: t.levels[level]}
		if key := slices.Index(t.keyed, level); key >= 0 && !t.byLevel {
			if p.of = t.key; key > 0 {
				continue
			}
		}
		if p.of != nil {
			p.text = ""
		}
		if level > 0 {
			t.topic = append(t.topic, part{text: "/"})
		}
		t.topic = append(t.topic, p)
	}
	t.topic = joined(t.topic)
}

// nameColumns adds the columns of levels that are used, and sorts and names all columns.
func (t *table) nameColumns() {
	for _, parts := range append(slices.Collect(maps.Values(t.slots)), t.topic) {
		for _, p := range parts {
			if p.of != nil && p.of != t.key && !slices.Contains(t.columns, p.of) {
				t.columns = append(t.columns, p.of)
			}
		}
	}
	slices.SortFunc(t.columns, func(a, b *column) int { return cmp.Compare(a.rank, b.rank) })
	taken := Names{t.key.name: true}
	for _, c := range t.columns {
		c.name = taken.free(c.names...)
	}
}

// worthwhile reports whether a block with a table takes fewer lines than single messages, and no
// value is too long for a line of the table.
func (t *table) worthwhile() bool {
	const columnsInLine = 7
	leaves := len(t.items[0].leaves)
	separate := len(t.items) * (3 + leaves)
	together := 6 + leaves + len(t.items)*(1+len(t.columns)/columnsInLine)
	return together < separate && !slices.ContainsFunc(t.columns, (*column).tooLong)
}
