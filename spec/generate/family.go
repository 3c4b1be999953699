package generate

import (
	"cmp"
	"slices"
	"strconv"
)

// families finds tables among messages, by their topics. A message that is in none is one
// by itself.
func families(items []*item) (tables []*table) {
	shapes := map[string][]*item{}
	for _, it := range items {
		if it.single {
			tables = append(tables, newSingle(it))
			continue
		}
		shape := strconv.Itoa(len(it.levels)) + it.shape
		shapes[shape] = append(shapes[shape], it)
	}
	for _, of := range shapes {
		tables = append(tables, split(of)...)
	}
	slices.SortFunc(tables, func(a, b *table) int { return cmp.Compare(a.items[0].m.Topic, b.items[0].m.Topic) })
	return tables
}

// split makes a table of messages of one shape if that says it shorter, or else
// several by one of the topic's levels: the one with the fewest names.
func split(items []*item) (tables []*table) {
	varying, names := differingLevels(items)
	by := odd(items, varying, names)
	if by < 0 && len(varying) > 0 {
		if t := newTable(items, varying); t != nil && t.worthwhile() {
			return []*table{t}
		}
		by = slices.MinFunc(varying, func(a, b int) int { return len(names[a]) - len(names[b]) })
	}
	if by < 0 || len(names[by]) == len(items) {
		for _, it := range items {
			tables = append(tables, newSingle(it))
		}
		return tables
	}
	for _, part := range names[by] {
		tables = append(tables, split(part)...)
	}
	return tables
}

// differingLevels returns the levels in which topics differ, and of each the messages
// by its name.
func differingLevels(items []*item) (varying []int, names map[int]map[string][]*item) {
	names = map[int]map[string][]*item{}
	for level := range items[0].levels {
		names[level] = map[string][]*item{}
		for _, it := range items {
			name := it.levels[level]
			names[level][name] = append(names[level][name], it)
		}
		if len(names[level]) > 1 {
			varying = append(varying, level)
		}
	}
	return varying, names
}

// odd returns a level that has one name in nearly all topics: the few others are of
// another kind. It is -1 if there is none.
func odd(items []*item, varying []int, names map[int]map[string][]*item) int {
	const few = 2
	for _, level := range varying {
		for _, same := range names[level] {
			if others := len(items) - len(same); others <= few && len(same) >= 4*others {
				return level
			}
		}
	}
	return -1
}
