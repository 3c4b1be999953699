package generate

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// family is messages of one shape: one block over a table.
type family struct {
	items   []*item
	varying []int // the levels in which the topics differ
	keyed   []int // those that make the key
	keys    []string
	byLevel bool // the key is made of the columns of its levels

	key     *column
	places  map[*node]place  // of the first item's leaves
	levels  map[int]*column  // of the varying ones, by level
	columns []*column        // what stands in the table beside the key
	slots   map[*node][]part // what stands for the leaves of the first item that differ
	topic   []part
}

// part is a piece of a template: text, or the value of a column.
type part struct {
	text string
	of   *column
	call string // what is made of the value, as a format
}

// families finds messages of one shape. What is in none is written by itself.
func (w *writer) families() (all []*family, singles []*item) {
	groups := map[string][]*item{}
	for _, it := range w.items {
		if it.alone {
			singles = append(singles, it)
			continue
		}
		shape := strconv.Itoa(len(it.levels)) + it.shape
		groups[shape] = append(groups[shape], it)
	}
	for _, shape := range slices.Sorted(maps.Keys(groups)) {
		found, left := split(groups[shape])
		all, singles = append(all, found...), append(singles, left...)
	}
	return all, singles
}

// split makes a family of messages of one shape where that says it shorter, or
// else several by one of the topic's levels: the one with the fewest names.
func split(items []*item) (all []*family, singles []*item) {
	if len(items) < 2 {
		return nil, items
	}
	varying, names := differing(items)
	by := odd(items, varying)
	if by < 0 {
		if f := newFamily(items, varying); f != nil && f.worthwhile() {
			return []*family{f}, nil
		}
		for _, level := range varying {
			if n := names[level]; n < len(items) && (by < 0 || n < names[by]) {
				by = level
			}
		}
	}
	if by < 0 {
		return nil, items
	}
	parts := map[string][]*item{}
	for _, it := range items {
		parts[it.levels[by]] = append(parts[it.levels[by]], it)
	}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		found, left := split(parts[name])
		all, singles = append(all, found...), append(singles, left...)
	}
	return all, singles
}

// odd gives a level that has one name in nearly all topics: the few others are of
// another kind. It is -1 where there is none.
func odd(items []*item, varying []int) int {
	const few = 2
	for _, level := range varying {
		count := map[string]int{}
		for _, it := range items {
			count[it.levels[level]]++
		}
		for _, n := range count {
			if others := len(items) - n; others <= few && n >= 4*others {
				return level
			}
		}
	}
	return -1
}

// differing gives the levels in which topics differ, and how many names each has.
func differing(items []*item) (varying []int, names map[int]int) {
	names = map[int]int{}
	for level := range items[0].levels {
		seen := map[string]bool{}
		for _, it := range items {
			seen[it.levels[level]] = true
		}
		if names[level] = len(seen); len(seen) > 1 {
			varying = append(varying, level)
		}
	}
	return varying, names
}

// newFamily works out what of the messages stands in the table. It gives nil for
// messages that have nothing in common but their outline.
func newFamily(items []*item, varying []int) *family {
	f := &family{items: items, varying: varying, levels: map[int]*column{}, slots: map[*node][]part{}, places: survey(items[0])}
	f.chooseKey()
	for _, level := range varying {
		f.levels[level] = f.levelColumn(level)
	}
	f.fill()
	if len(varying) == len(items[0].levels) && len(items[0].leaves)-len(f.slots) < 3 {
		return nil
	}
	f.topic = f.topicParts()
	f.collect()
	f.lookups()
	return f
}

// chooseKey takes the level that names each message alone, best one that stands in
// the payload too; else all levels that differ, together.
func (f *family) chooseKey() {
	best, most := -1, -1
	for _, level := range f.varying {
		if !f.unique(level) {
			continue
		}
		if n := f.mentions(level); n >= most {
			best, most = level, n
		}
	}
	f.keyed = f.varying
	if best >= 0 {
		f.keyed = []int{best}
	}
	f.key = &column{key: true, name: f.keyName()}
	for _, it := range f.items {
		names := make([]string, len(f.keyed))
		for i, level := range f.keyed {
			names[i] = it.levels[level]
		}
		key := strings.Join(names, "/")
		f.keys = append(f.keys, key)
		f.key.cells = append(f.key.cells, &node{kind: text, text: key})
	}
}

func (f *family) unique(level int) bool {
	seen := make(map[string]bool, len(f.items))
	for _, it := range f.items {
		if it.levels[level] == "" || seen[it.levels[level]] {
			return false
		}
		seen[it.levels[level]] = true
	}
	return true
}

// mentions counts the leaves that are a level's name in every message.
func (f *family) mentions(level int) (n int) {
	for i := range f.items[0].leaves {
		if f.mentioned(i, level) {
			n++
		}
	}
	return n
}

func (f *family) mentioned(leaf, level int) bool {
	return !slices.ContainsFunc(f.items, func(it *item) bool {
		l := it.leaves[leaf]
		return l.kind != text && l.kind != number || l.text != it.levels[level]
	})
}

// keyName names the key where it is a column of a file.
func (f *family) keyName() string {
	if len(f.keyed) == 1 {
		return f.levelName(f.keyed[0])
	}
	return "key"
}

// levelName is the name of a leaf that says the same, or the level before it in
// the singular: "devices/dev-1" is a device.
func (f *family) levelName(level int) string {
	for i, leaf := range f.items[0].leaves {
		if leaf.name != "" && f.mentioned(i, level) {
			return identifier(leaf.name)
		}
	}
	if level > 0 && !slices.Contains(f.varying, level-1) {
		if name := singular(identifier(f.items[0].levels[level-1])); len(name) > 1 {
			return name
		}
	}
	return "level" + strconv.Itoa(level+1)
}

// levelColumn is the key where that is the level, else a column of its names.
func (f *family) levelColumn(level int) *column {
	if len(f.keyed) == 1 && f.keyed[0] == level {
		return f.key
	}
	c := &column{name: f.levelName(level), level: true}
	for _, it := range f.items {
		c.cells = append(c.cells, &node{kind: text, text: it.levels[level]})
	}
	return c
}

// topicParts is the template of the topics. A key of several levels that stand
// beside one another needs no columns for them.
func (f *family) topicParts() []part {
	var parts []part
	whole := f.beside() && !f.byLevel
	for level, name := range f.items[0].levels {
		separator := ""
		if level > 0 {
			separator = "/"
		}
		switch {
		case !slices.Contains(f.varying, level):
			parts = append(parts, part{text: separator + name})
		case whole && level == f.keyed[0]:
			parts = append(parts, part{text: separator}, part{of: f.key})
		case whole && slices.Contains(f.keyed, level):
		default:
			parts = append(parts, part{text: separator}, part{of: f.levels[level]})
		}
	}
	return joined(parts)
}

// beside tells whether the key's levels stand beside one another.
func (f *family) beside() bool { return f.keyed[len(f.keyed)-1]-f.keyed[0] == len(f.keyed)-1 }

// worthwhile tells whether a block with a table takes fewer lines than the messages
// one by one, and nothing in the table is too long to be read there.
func (f *family) worthwhile() bool {
	const columnsInLine = 7
	leaves := len(f.items[0].leaves)
	alone := len(f.items) * (3 + leaves)
	together := 6 + leaves + len(f.items)*(1+len(f.own())/columnsInLine)
	return together < alone && !slices.ContainsFunc(f.columns, (*column).unwieldy)
}

// own gives the columns that stand in the rows of the table.
func (f *family) own() []*column {
	return slices.DeleteFunc(slices.Clone(f.columns), func(c *column) bool { return c.from != nil })
}
