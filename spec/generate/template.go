package generate

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// column is a column of a table: one value for each row.
type column struct {
	name  string
	names []string // possible names, the best first
	cells []*node
	leaf  *node // of the first message; nil for a level of the topic
	rank  int   // its place among the columns: levels of the topic first, then leaves in the block's order
	whole bool  // its values are whole arguments
	words bool  // its values are words for people, with spaces
}

// all reports whether all cells are of one kind.
func (c *column) all(kind byte) bool {
	return !slices.ContainsFunc(c.cells, func(n *node) bool { return n.kind != kind })
}

func (c *column) texts() []string {
	texts := make([]string, len(c.cells))
	for i := range c.cells {
		texts[i] = c.cells[i].text
	}
	return texts
}

func (c *column) joined() string { return strings.Join(c.texts(), "") }

// distinct returns the number of different texts in a column.
func (c *column) distinct() int { return len(slices.Compact(slices.Sorted(slices.Values(c.texts())))) }

// says reports whether a leaf's texts or numbers have the same text as the cells of o.
func (c *column) says(o *column) bool {
	return (c.all(text) || c.all(number)) && slices.Equal(c.texts(), o.texts())
}

// tooLong reports whether a cell is too long for a line of a table.
func (c *column) tooLong() bool {
	const most = 160
	return c.whole && slices.ContainsFunc(c.cells, func(n *node) bool {
		return len(n.text) > most || strings.Contains(n.text, "\n")
	})
}

// part is a piece of a template: text, or the value of a column.
type part struct {
	text string
	of   *column
	call string // a function of the value, as a format for fmt; "" for none
}

// base is a value that a template can use: a column, or a function of a column.
type base struct {
	part
	texts []string
}

// bases returns the values of a column that templates can use: its cells, and the identifiers that
// integrations derive from names.
func (c *column) bases() []base {
	cells := c.texts()
	if !c.all(text) || slices.Contains(cells, "") {
		return nil
	}
	bases := []base{{part{of: c}, cells}}
	if c.words {
		slugs := base{part: part{of: c, call: `replace(lower(%s), " ", "_")`}}
		for _, s := range cells {
			slugs.texts = append(slugs.texts, strings.ReplaceAll(strings.ToLower(s), " ", "_"))
		}
		bases = append(bases, slugs)
	}
	return bases
}

// derive returns a template over the bases that reproduces every cell of the column, or nil.
func (c *column) derive(bases []base) (parts []part) {
	cells := c.texts()
	switch {
	case c.all(number): // that is in the topic
		i := slices.IndexFunc(bases, func(b base) bool { return b.call == "" && slices.Equal(b.texts, cells) })
		if i >= 0 {
			parts = []part{{of: bases[i].of, call: "tonumber(%s)"}}
		}
	case c.all(text):
		parts = template(cells, bases)
		for i := 0; parts == nil && i < len(bases); i++ {
			parts = template(cells, bases[i:i+1])
		}
	}
	return parts
}

// mark and a byte, starting with zeroth, represent a base. No text contains them, because texts are
// valid UTF-8.
const (
	mark     = "\xff"
	zeroth   = 0x80
	maxMarks = 0x40
)

// template replaces the values of the bases in every cell with marks, the longest first. If all
// cells are the same afterwards, they are the template. Otherwise it returns nil.
func template(cells []string, bases []base) (parts []part) {
	bases = slices.Clone(bases[:min(len(bases), maxMarks)])
	slices.SortStableFunc(bases, func(a, b base) int { return cmp.Compare(len(b.texts[0]), len(a.texts[0])) })
	var first string
	for row, s := range cells {
		for i, b := range bases {
			s = strings.ReplaceAll(s, b.texts[row], mark+string([]byte{zeroth + byte(i)}))
		}
		if row == 0 {
			first = s
		}
		if s != first || !strings.Contains(s, mark) {
			return nil
		}
	}
	for i, piece := range strings.Split(first, mark) {
		if i > 0 {
			parts = append(parts, bases[piece[0]-zeroth].part)
			piece = piece[1:]
		}
		parts = append(parts, part{text: piece})
	}
	return joined(parts)
}

// trim removes the common prefix and suffix from the cells, in whole words, and returns them, if
// they are long enough for a template. It names the column after the rest: words for people, or a
// field of a template.
func (c *column) trim() (before, after string) {
	texts := c.texts()
	before, after = strings.TrimRightFunc(commonPrefix(texts), isWord), texts[0]
	for _, s := range texts {
		n, rest := 0, s[len(before):]
		for n < min(len(after), len(rest)) && after[len(after)-1-n] == rest[len(rest)-1-n] {
			n++
		}
		after = after[len(after)-n:]
	}
	after = strings.TrimLeftFunc(after, isWord)
	around := len(before) + len(after)
	if !c.all(text) || around < 8 || !utf8.ValidString(before+after) ||
		slices.ContainsFunc(texts, func(s string) bool { return len(s) == around }) {
		return "", ""
	}
	switch {
	case strings.Contains(c.names[0], "tpl"), strings.Contains(c.names[0], "template"):
		c.names = slices.Insert(c.names, 0, "field")
	case c.words:
		c.names = slices.Insert(c.names, 0, "name")
	}
	for i, s := range texts {
		c.cells[i] = textNode(s[len(before) : len(s)-len(after)])
	}
	return before, after
}

// commonPrefix returns the common prefix of texts, which may end within a character.
func commonPrefix(texts []string) string {
	prefix := texts[0]
	for _, s := range texts {
		n := 0
		for n < min(len(prefix), len(s)) && prefix[n] == s[n] {
			n++
		}
		prefix = prefix[:n]
	}
	return prefix
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// joined merges neighbouring texts and drops empty ones.
func joined(parts []part) (all []part) {
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
