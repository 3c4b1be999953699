package generate

import (
	"slices"
	"strings"
)

// shared is an object or array that stands in several messages: a device that many
// entities belong to. It is written once, as a local value.
type shared struct {
	group *group
	key   string   // in the group's map
	names []string // that it could be called by, the best first
	value node
	sites int // how often the configuration would repeat it
}

// group is what stands in members of one name.
type group struct {
	member string
	local  string // the local value that holds them
	asMap  bool   // rows of a table choose from it
	values []*shared
}

// share finds the members of payloads that are worth a local value, and puts
// references in their place.
func share(items []*item) []*group {
	type key struct{ member, value string }
	count, members := map[key]int{}, map[string]int{}
	each := func(do func(it *item, member *node, k key)) {
		for _, it := range items {
			for i := range it.attrs {
				a := &it.attrs[i]
				if a.call != "jsonencode" || a.value.kind != '{' {
					continue
				}
				for j := range a.value.kids {
					if m := &a.value.kids[j]; m.shareable() {
						do(it, m, key{m.name, m.json()})
					}
				}
			}
		}
	}
	each(func(_ *item, _ *node, k key) { count[k]++; members[k.member]++ })
	repeated := map[string]int{}
	for k, n := range count {
		if n > 1 {
			repeated[k.member] += n
		}
	}
	groups, found := map[string]*group{}, map[key]*shared{}
	var all []*group
	each(func(it *item, m *node, k key) {
		// What repeats by accident stays where it is.
		if count[k] < 2 || repeated[k.member]*5 < members[k.member] {
			return
		}
		g := groups[m.name]
		if g == nil {
			g = &group{member: m.name}
			groups[m.name], all = g, append(all, g)
		}
		s := found[k]
		if s == nil {
			s = &shared{group: g, value: *m, names: m.names(it.levels)}
			found[k], g.values = s, append(g.values, s)
		}
		*m = node{kind: common, name: m.name, same: s}
	})
	for _, g := range all {
		g.name()
	}
	for _, it := range items {
		it.reshape()
	}
	return all
}

// shareable tells whether a value is long enough to be worth a name.
func (n *node) shareable() bool {
	return !n.leaf() && n.count() > 1 && len(n.json()) >= 30
}

// count counts the leaves of a value.
func (n *node) count() (sum int) {
	if n.leaf() {
		return 1
	}
	for i := range n.kids {
		sum += n.kids[i].count()
	}
	return sum
}

// json is a canonical text of a value.
func (n *node) json() string {
	var b strings.Builder
	n.writeJSON(&b)
	return b.String()
}

func (n *node) writeJSON(b *strings.Builder) {
	switch n.kind {
	case text:
		b.WriteString(jsonString(n.text))
	case '{', '[', list:
		open, closed := "[", "]"
		if n.kind == '{' {
			open, closed = "{", "}"
		}
		b.WriteString(open)
		for i, kid := range n.sorted() {
			if i > 0 {
				b.WriteByte(',')
			}
			if n.kind == '{' {
				b.WriteString(jsonString(kid.name) + ":")
			}
			kid.writeJSON(b)
		}
		b.WriteString(closed)
	default:
		b.WriteString(n.text)
	}
}

// names lists what an object could be called by, the best first: a level of its
// message's topic, what it calls its own name, any word.
func (n *node) names(levels []string) []string {
	var inTopic, part, own, words []string
	var walk func(n *node, called string)
	walk = func(n *node, called string) {
		if n.name != "" {
			called = n.name
		}
		switch {
		case n.kind == text && slices.Contains(levels, n.text):
			inTopic = append(inTopic, n.text)
		case n.kind == text && slices.Contains([]string{"ids", "identifiers", "id", "uid", "name", "serial"}, called):
			own = append(own, n.text)
		case n.kind == text && len(n.text) > 1 && len(n.text) <= 32:
			words = append(words, n.text)
		}
		for _, level := range levels {
			if n.kind == text && len(level) > 3 && strings.Contains(n.text, level) {
				part = append(part, level)
			}
		}
		for i := range n.kids {
			walk(&n.kids[i], called)
		}
	}
	walk(n, "")
	return slices.Concat(inTopic, part, own, words)
}

// name gives each value the best of its names that is no other's: what stands in two
// would tell neither.
func (g *group) name() {
	holders := map[string]int{}
	for _, s := range g.values {
		own := Names{}
		for _, name := range s.names {
			if !own[name] {
				own[name] = true
				holders[name]++
			}
		}
	}
	taken := Names{}
	for _, s := range g.values {
		i := slices.IndexFunc(s.names, func(name string) bool { return name != "" && holders[name] == 1 })
		if i < 0 {
			s.key = taken.free(identifier(g.member))
			continue
		}
		s.key = taken.free(s.names[i])
	}
}

// chosen counts where the values of the groups stand, and tells which of the groups
// tables choose from.
func (w *writer) chosen(families []*family, singles []*item) {
	for _, g := range w.groups {
		g.asMap = false
		for _, s := range g.values {
			s.sites = 0
		}
	}
	for _, it := range singles {
		if w.ownFile(it) {
			continue
		}
		for _, leaf := range it.leaves {
			leaf.standsAt(1)
		}
	}
	for _, f := range families {
		for i, leaf := range f.items[0].leaves {
			if f.slots[leaf] == nil {
				leaf.standsAt(1)
				continue
			}
			for _, it := range f.items {
				it.leaves[i].standsAt(2)
			}
			if leaf.kind == common {
				leaf.same.group.asMap = true
			}
		}
	}
	for _, g := range w.groups {
		named := 0
		for _, s := range g.values {
			if s.sites > 1 {
				named++
			}
		}
		g.asMap = g.asMap || named > 1
	}
}

func (n *node) standsAt(sites int) {
	if n.kind == common {
		n.same.sites += sites
	}
}
