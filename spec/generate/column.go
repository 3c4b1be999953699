package generate

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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

// base is what a template may be made of: a column, or what a function makes of it.
type base struct {
	part
	cells []string
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

// derive finds a template over the bases that gives every cell. It is found by
// putting marks in place of what the bases hold, so it is right by construction.
func derive(cells []*node, bases []base) []part {
	if parts := converted(cells, bases); parts != nil {
		return parts
	}
	all, ok := texts(cells)
	if !ok || slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, "\x00") }) {
		return nil
	}
	for _, b := range bases {
		if slices.Equal(all, b.cells) {
			return []part{b.part}
		}
	}
	if parts := template(all, bases); parts != nil {
		return parts
	}
	for i := range bases {
		if parts := template(all, bases[i:i+1]); parts != nil {
			return parts
		}
	}
	return nil
}

// converted finds numbers that stand in the topic.
func converted(cells []*node, bases []base) []part {
	for _, b := range bases {
		i := 0
		for i < len(cells) && cells[i].kind == number && cells[i].text == b.cells[i] {
			i++
		}
		if i == len(cells) {
			return []part{{of: b.of, call: "tonumber(%s)"}}
		}
	}
	return nil
}

// template marks in every cell what the bases hold, the longest first.
func template(cells []string, bases []base) []part {
	bases = slices.Clone(bases[:min(len(bases), maxMarks)])
	slices.SortStableFunc(bases, func(a, b base) int { return cmp.Compare(len(b.cells[0]), len(a.cells[0])) })
	marked := func(row int) string {
		s := cells[row]
		for i, b := range bases {
			s = strings.ReplaceAll(s, b.cells[row], mark(i))
		}
		return s
	}
	first := marked(0)
	if !strings.Contains(first, "\x00") {
		return nil
	}
	for row := range cells {
		if marked(row) != first {
			return nil
		}
	}
	var parts []part
	for i, piece := range strings.Split(first, "\x00") {
		if i > 0 {
			parts = append(parts, bases[int(piece[0])-0x80].part)
			piece = piece[1:]
		}
		parts = append(parts, part{text: piece})
	}
	return joined(parts)
}

// maxMarks is how many bases marks tell apart.
const maxMarks = 0x40

// mark stands for a base: bytes that no text holds.
func mark(i int) string { return string([]byte{0, byte(0x80 + i)}) }

// affixes gives what all cells begin and end with, and what is between, where that
// is worth a template: whole words, and eight bytes or more.
func affixes(cells []*node) (before string, middle []*node, after string) {
	all, ok := texts(cells)
	if !ok {
		return "", nil, ""
	}
	before, after = all[0], all[0]
	for _, s := range all[1:] {
		before = commonPrefix(before, s)
		after = commonSuffix(after, s)
	}
	before = strings.TrimRightFunc(before, wordRune)
	for _, s := range all {
		after = after[max(0, len(after)-(len(s)-len(before))):]
	}
	after = strings.TrimLeftFunc(after, wordRune)
	if len(before)+len(after) < 8 || !utf8.ValidString(before+after) {
		return "", nil, ""
	}
	for _, s := range all {
		m := s[len(before) : len(s)-len(after)]
		if m == "" || !utf8.ValidString(m) {
			return "", nil, ""
		}
		middle = append(middle, &node{kind: text, text: m})
	}
	return before, middle, after
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

func commonPrefix(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return a[:i]
}

func commonSuffix(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[len(a)-1-i] == b[len(b)-1-i] {
		i++
	}
	return a[len(a)-i:]
}

// joined merges neighbouring texts and drops empty ones.
func joined(parts []part) []part {
	var all []part
	for _, p := range parts {
		switch last := len(all) - 1; {
		case p.of == nil && p.text == "":
		case p.of == nil && last >= 0 && all[last].of == nil:
			all[last].text += p.text
		default:
			all = append(all, p)
		}
	}
	return all
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

// lookups finds columns that follow from another one with few values, as a report
// interval does from a model: they go into a table of these values.
func (f *family) lookups() {
	const few = 20
	var by *column
	var most []*column
	for _, c := range f.columns {
		cells, ok := c.texts()
		if n := distinct(cells); !ok || len(f.items) < 12 || n > min(few, len(f.items)/4) {
			continue
		}
		var follow []*column
		for _, other := range f.columns {
			if other != c && follows(other, cells) {
				follow = append(follow, other)
			}
		}
		if len(follow) > len(most) {
			by, most = c, follow
		}
	}
	for _, c := range most {
		c.from = by
	}
}

func distinct(cells []string) int {
	seen := map[string]bool{}
	for _, s := range cells {
		seen[s] = true
	}
	return len(seen)
}

// follows tells whether equal values of the cells mean equal values of c.
func follows(c *column, cells []string) bool {
	first := map[string]*node{}
	for i, s := range cells {
		if first[s] == nil {
			first[s] = c.cells[i]
		}
		if !first[s].equal(c.cells[i]) {
			return false
		}
	}
	return true
}
