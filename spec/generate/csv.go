package generate

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
)

// typed gives a cell of a file the type that the value has.
func (c *column) typed(cell string) string {
	var call string
	switch kinds := c.kinds(); {
	case kinds == "s":
		return cell
	case kinds == "0" || kinds == "0n":
		call = "tonumber(" + cell + ")"
	case kinds == "b" || kinds == "bn":
		call = "tobool(" + cell + ")"
	case kinds == "ns":
		call = cell
	default:
		return "jsondecode(" + cell + ")"
	}
	if strings.Contains(c.kinds(), "n") {
		return cell + ` == "" ? null : ` + call
	}
	return call
}

// kinds lists the kinds of a column's cells: s, 0, b for booleans, n for null, and
// x for what a cell of a file cannot say.
func (c *column) kinds() string {
	seen := map[byte]bool{}
	for _, n := range c.cells {
		switch {
		case n.kind == number:
			seen['0'] = true
		case n.kind == keyword && n.text == "null":
			seen['n'] = true
		case n.kind == keyword:
			seen['b'] = true
		case n.kind == text && !strings.Contains(n.text, "\r"): // encoding/csv drops it before a line's end
			seen['s'] = true
		default:
			seen['x'] = true
		}
	}
	empty := slices.ContainsFunc(c.cells, func(n *node) bool { return n.kind == text && n.text == "" })
	if empty && seen['n'] {
		seen['x'] = true
	}
	var kinds []byte
	for _, k := range []byte("0bnsx") {
		if seen[k] {
			kinds = append(kinds, k)
		}
	}
	return string(kinds)
}

// csv writes the table as a file.
func (t *table) csv() []byte {
	var header []string
	var columns [][]string
	if !t.byLevel {
		header, columns = []string{t.key.name}, [][]string{t.keys}
	}
	for _, c := range t.own() {
		header, columns = append(header, c.name), append(columns, c.file())
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(header) // to memory: nothing to fail
	for row := range t.keys {
		record := make([]string, len(columns))
		for i, cells := range columns {
			record[i] = cells[row]
		}
		w.Write(record)
	}
	w.Flush()
	return b.Bytes()
}

// file spells a column's values for a file, as typed reads them.
func (c *column) file() []string {
	asJSON := strings.HasPrefix(c.typed(""), "jsondecode")
	cells := make([]string, len(c.cells))
	for i, n := range c.cells {
		switch {
		case asJSON:
			cells[i] = n.json()
		case n.kind != keyword || n.text != "null":
			cells[i] = n.text
		}
	}
	return cells
}
