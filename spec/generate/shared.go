package generate

import (
	"slices"
	"strings"
)

// markShared finds members of payloads that have the same value in several messages, and marks them
// as shared.
func markShared(items []*item) {
	values, members := map[string]*shared{}, map[string]*member{}
	for _, it := range items {
		for _, arg := range it.args.kids {
			for i := range arg.kids {
				if arg.call == "jsonencode" && arg.kind == '{' {
					addShared(values, members, &arg.kids[i], it.levels)
				}
			}
		}
	}
	for _, m := range members {
		m.mark()
	}
	for _, it := range items {
		it.reshape()
	}
}

// addShared adds a member of a payload if its value is long enough to be worth a name.
func addShared(values map[string]*shared, members map[string]*member, n *node, levels []string) {
	const long = 30
	inner := n
	for !inner.leaf() && len(inner.kids) == 1 {
		inner = &inner.kids[0]
	}
	if inner.leaf() || len(n.text) < long {
		return
	}
	m := members[n.name]
	if m == nil {
		m = &member{name: n.name}
		members[n.name] = m
	}
	id := n.name + n.text
	if values[id] == nil {
		values[id] = &shared{of: m, value: *n, words: n.words(levels)}
		m.values = append(m.values, values[id])
	}
	values[id].nodes = append(values[id].nodes, n)
}

// mark marks the values that several messages have. The key of a value is the first of its words
// that no other value contains. A value without such a word is not shared, because no name would
// distinguish it from the others.
func (m *member) mark() {
	all, several, holders := 0, 0, map[string]int{}
	for _, s := range m.values {
		if all += len(s.nodes); len(s.nodes) > 1 {
			several += len(s.nodes)
			for _, word := range slices.Compact(slices.Sorted(slices.Values(s.words))) {
				holders[word]++
			}
		}
	}
	if several*5 < all { // few repeat: it is probably a coincidence
		return
	}
	for _, s := range m.values {
		i := slices.IndexFunc(s.words, func(word string) bool { return holders[word] == 1 })
		if len(s.nodes) > 1 && i >= 0 {
			s.key = s.words[i]
			for _, n := range s.nodes {
				n.shared = s
			}
		}
	}
}

// words returns words that could name a value: levels of its message's topic that its texts contain,
// then the texts, then its name.
func (n *node) words(levels []string) (words []string) {
	var texts []string
	n.walk(nil, []string{""}, func(_ []byte, _ []string, leaf *node) {
		if leaf.kind == text && leaf.text != "" {
			texts = append(texts, leaf.text)
		}
	})
	for _, s := range texts {
		for _, level := range levels {
			if s == level || len(level) > 3 && strings.Contains(s, level) {
				words = append(words, level)
			}
		}
	}
	return append(append(words, texts...), n.name)
}

// places counts how often the configuration would repeat shared values.
type places map[*shared]int

// local returns the values in the local value of a member.
func (p places) local(m *member) []*shared {
	return slices.DeleteFunc(slices.Clone(m.values), func(s *shared) bool { return p[s] < 2 })
}
