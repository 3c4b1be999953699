package generate

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
			made := f.byLevel && other.level // the rows make their keys of it
			if other != c && !made && follows(other, cells) {
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
