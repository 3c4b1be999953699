package generate

import (
	"cmp"
	"slices"
	"strings"
)

// column is one value of each message of a family.
type column struct {
	name  string
	cells []*node
	key   bool
	level bool    // it holds names of a topic's level
	from  *column // the column that this one follows from, through a table of its own
	leaf  int     // where in the block it stands first
	body  bool    // it holds whole payloads
}

// unwieldy tells whether a cell is too long for a line of a table.
func (c *column) unwieldy() bool {
	const most = 160
	return c.body && slices.ContainsFunc(c.cells, func(n *node) bool { return len(n.text) > most || strings.Contains(n.text, "\n") })
}

// texts gives the cells where all are strings, and false otherwise.
func (c *column) texts() ([]string, bool) { return texts(c.cells) }

func texts(cells []*node) ([]string, bool) {
	all := make([]string, len(cells))
	for i, n := range cells {
		if n.kind != text {
			return nil, false
		}
		all[i] = n.text
	}
	return all, true
}

func same(a, b []*node) bool {
	return slices.EqualFunc(a, b, (*node).equal)
}

// fill decides for every leaf that differs what stands for it.
func (f *family) fill() {
	var differ []*column
	for i := range f.items[0].leaves {
		if c := f.leafColumn(i); c != nil {
			differ = append(differ, c)
		}
	}
	bases := f.topicBases(differ)
	var open []*column
	for _, c := range differ {
		if parts := derive(c.cells, bases); parts != nil {
			f.slots[f.items[0].leaves[c.leaf]] = parts
			continue
		}
		open = append(open, c)
	}
	// Words for people first, since identifiers are made of them, and short ones
	// first, since a longer one may hold them.
	slices.SortStableFunc(open, func(a, b *column) int {
		return cmp.Or(cmp.Compare(b.spaced(), a.spaced()), cmp.Compare(a.size(), b.size()))
	})
	for _, c := range open {
		bases = f.place(c, bases)
	}
}

// topicBases are what the topics give: the key alone where that is enough, else
// every level by itself.
func (f *family) topicBases(differ []*column) (bases []base) {
	for _, level := range f.varying {
		bases = appendBase(bases, f.levels[level])
	}
	if len(f.varying) == 1 || !f.beside() {
		f.byLevel = len(f.keyed) > 1
		return bases
	}
	key := appendBase(nil, f.key)
	f.byLevel = len(f.keyed) > 1 && slices.ContainsFunc(differ, func(c *column) bool {
		return derive(c.cells, key) == nil && derive(c.cells, bases) != nil
	})
	if len(f.keyed) > 1 && !f.byLevel {
		return key
	}
	return bases
}

// appendBase adds a column whose cells can be found in others, and the identifiers
// that integrations make of names.
func appendBase(bases []base, c *column) []base {
	cells, ok := c.texts()
	if !ok || slices.ContainsFunc(cells, func(s string) bool { return s == "" || strings.Contains(s, "\x00") }) {
		return bases
	}
	bases = append(bases, base{part{of: c}, cells})
	slugs := make([]string, len(cells))
	for i, s := range cells {
		slugs[i] = strings.ReplaceAll(strings.ToLower(s), " ", "_")
	}
	if slices.Equal(slugs, cells) {
		return bases
	}
	return append(bases, base{part{of: c, call: `replace(lower(%s), " ", "_")`}, slugs})
}

// spaced is 1 where a cell holds a space.
func (c *column) spaced() int {
	if slices.ContainsFunc(c.cells, func(n *node) bool { return n.kind == text && strings.Contains(n.text, " ") }) {
		return 1
	}
	return 0
}

// leafColumn gives the values of a leaf, or nil where it is the same everywhere.
func (f *family) leafColumn(i int) *column {
	leaf := f.items[0].leaves[i]
	c := &column{name: identifier(f.places[leaf].name), leaf: i, body: f.items[0].body() == leaf}
	constant := true
	for _, it := range f.items {
		c.cells = append(c.cells, it.leaves[i].cell())
		constant = constant && it.leaves[i].equal(leaf)
	}
	if constant {
		return nil
	}
	return c
}

// cell is what stands in a table for a leaf: of a shared value its key.
func (n *node) cell() *node {
	if n.kind == common {
		return &node{kind: text, text: n.same.key}
	}
	return n
}

// body is a payload that is no document.
func (it *item) body() *node {
	for i := range it.attrs {
		if a := &it.attrs[i]; (a.name == "payload" || a.name == "payload_base64") && a.call == "" {
			return &a.value
		}
	}
	return nil
}

func (c *column) size() (n int) {
	for _, cell := range c.cells {
		n += len(cell.text)
	}
	return n
}

// place gives a leaf a column, or one that is there already, and makes a template
// of it where its values have the most of their text in common.
func (f *family) place(c *column, bases []base) []base {
	leaf := f.items[0].leaves[c.leaf]
	for _, other := range f.columns {
		if same(c.cells, other.cells) {
			f.slots[leaf] = []part{{of: other}}
			return bases
		}
	}
	if parts := derive(c.cells, bases); parts != nil {
		f.slots[leaf] = parts
		return bases
	}
	before, middle, after := affixes(c.cells)
	if middle == nil {
		f.slots[leaf] = []part{{of: c}}
	} else if parts := derive(middle, bases); parts != nil {
		f.slots[leaf] = joined(slices.Concat([]part{{text: before}}, parts, []part{{text: after}}))
		return bases
	} else {
		c.cells, c.name = middle, pieceName(c.name, middle)
		f.slots[leaf] = joined([]part{{text: before}, {of: c}, {text: after}})
	}
	f.columns = append(f.columns, c)
	return appendBase(bases, c)
}

// collect adds the columns of levels that are used, and names all of them.
func (f *family) collect() {
	use := func(parts []part) {
		for _, p := range parts {
			if p.of != nil && !p.of.key && !slices.Contains(f.columns, p.of) {
				f.columns = append(f.columns, p.of)
			}
		}
	}
	if f.byLevel {
		for _, level := range f.keyed {
			use([]part{{of: f.levels[level]}})
		}
	}
	use(f.topic)
	for _, leaf := range f.items[0].leaves {
		use(f.slots[leaf])
	}
	slices.SortStableFunc(f.columns, func(a, b *column) int { return cmp.Compare(f.rank(a), f.rank(b)) })
	taken := Names{f.key.name: true}
	for _, c := range f.columns {
		c.name = taken.free(c.name)
	}
}

// place is where a leaf stands in the block as it is written, and what it is called.
type place struct {
	rank int
	name string
}

// survey finds the places of an item's leaves. Elements of an array are called as it
// is.
func survey(it *item) map[*node]place {
	places := map[*node]place{}
	var walk func(n *node, name string)
	walk = func(n *node, name string) {
		if n.name != "" {
			name = n.name
		}
		if n.leaf() {
			places[n] = place{len(places), name}
			return
		}
		if n.kind == '[' {
			name = singular(name)
		}
		for i := range n.kids {
			walk(&n.kids[i], name)
		}
	}
	for i := range it.attrs {
		walk(&it.attrs[i].value, it.attrs[i].name)
	}
	return places
}

// rank orders columns: those of topics first, then as they stand in the block.
func (f *family) rank(c *column) int {
	if c.level {
		return -1
	}
	return f.places[f.items[0].leaves[c.leaf]].rank
}
