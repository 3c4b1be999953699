package generate

import (
	"cmp"
	"slices"
	"strconv"
)

// families groups messages into tables, sorted by their topics. A message that fits no other
// becomes a table of one.
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

// split returns one table of messages of one shape if that is shorter than the single messages.
// Otherwise it splits them by the level of the topic with the fewest names.
func split(items []*item) (tables []*table) {
	varying, names := differingLevels(items)
	by := outlierLevel(items, varying, names)
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

// differingLevels returns the levels in which topics differ, and for each level the messages by
// its name.
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

// outlierLevel returns a level that has the same name in nearly all topics: the few others are
// messages of another kind. It returns -1 if there is none.
func outlierLevel(items []*item, varying []int, names map[int]map[string][]*item) int {
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
