package generate

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
)

// csv returns the rows as a file of comma-separated values.
func (t *table) csv() []byte {
	columns := slices.Clone(t.columns)
	if !t.byLevel {
		columns = slices.Insert(columns, 0, t.key)
	}
	records := make([][]string, 1+len(t.items))
	for _, c := range columns {
		records[0] = append(records[0], c.name)
		plain := c.plain()
		for row := range c.cells {
			cell := c.cells[row].text
			if !plain {
				cell = c.cells[row].json()
			}
			records[1+row] = append(records[1+row], cell)
		}
	}
	var b bytes.Buffer
	csv.NewWriter(&b).WriteAll(records) // writes to memory cannot fail
	return b.Bytes()
}

// plain reports whether a column is written to a file as text. A "\r" prevents that, because
// encoding/csv drops one before the end of a line.
func (c *column) plain() bool {
	return c.all(text) && !strings.Contains(c.joined(), "\r")
}

// typed returns an expression for the value of a cell, which is text in a file.
func (c *column) typed(cell string) string {
	switch {
	case c.plain():
		return cell
	case c.all(number):
		return "tonumber(" + cell + ")"
	}
	return "jsondecode(" + cell + ")"
}
