package generate

import (
	"slices"
	"strings"
)

// usualLevels counts topics, and returns a function that reports whether the name of a level is not
// distinctive, because most topics with the same first level have it. The first level is not
// distinctive if all topics begin with it.
func usualLevels(items []*item) func(first, name string) bool {
	type pair struct{ first, name string }
	topics := map[pair]int{}
	for _, it := range items {
		for _, name := range slices.Compact(slices.Sorted(slices.Values(it.levels))) {
			topics[pair{it.levels[0], name}]++
		}
	}
	return func(first, name string) bool {
		if first == name {
			return topics[pair{first, first}] == len(items)
		}
		return topics[pair{first, name}]*5 >= topics[pair{first, first}]*4
	}
}

// labels returns possible labels of a table, the best first. They consist of the levels that its
// topics share, without the usual ones if others are left. To distinguish it from tables with the
// same levels, the second one has the prefix of its keys too.
func (t *table) labels(usual func(first, name string) bool) []string {
	var own, all []string
	levels := t.items[0].levels
	for i, name := range levels {
		if t.levels[i] == nil && name != "" {
			all = append(all, name)
			if !usual(levels[0], name) {
				own = append(own, name)
			}
		}
	}
	switch {
	case len(own) > 0:
		all = own
	case len(all) == 0:
		all = []string{"message"}
	}
	label := identifier(strings.Join(slices.Compact(all), "_"))
	prefix := commonPrefix(t.key.texts())
	if i := strings.LastIndexAny(prefix, "_-. "); i > 2 {
		return []string{label, label + "_" + identifier(prefix[:i])}
	}
	return []string{label}
}
