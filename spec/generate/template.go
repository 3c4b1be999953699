package generate

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// base is what a template may be made of: a column, or what a function makes of it.
type base struct {
	part
	cells []string
}

// derive finds a template over the bases that gives every cell. It is found by
// putting marks in place of what the bases hold, so it is right by construction.
func derive(cells []*node, bases []base) []part {
	if parts := converted(cells, bases); parts != nil {
		return parts
	}
	all, ok := texts(cells)
	if !ok || slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, "\x00") }) {
		return nil
	}
	for _, b := range bases {
		if slices.Equal(all, b.cells) {
			return []part{b.part}
		}
	}
	if parts := template(all, bases); parts != nil {
		return parts
	}
	for i := range bases {
		if parts := template(all, bases[i:i+1]); parts != nil {
			return parts
		}
	}
	return nil
}

// converted finds numbers that stand in the topic.
func converted(cells []*node, bases []base) []part {
	for _, b := range bases {
		i := 0
		for i < len(cells) && cells[i].kind == number && cells[i].text == b.cells[i] {
			i++
		}
		if i == len(cells) {
			return []part{{of: b.of, call: "tonumber(%s)"}}
		}
	}
	return nil
}

// template marks in every cell what the bases hold, the longest first.
func template(cells []string, bases []base) []part {
	bases = slices.Clone(bases[:min(len(bases), maxMarks)])
	slices.SortStableFunc(bases, func(a, b base) int { return cmp.Compare(len(b.cells[0]), len(a.cells[0])) })
	marked := func(row int) string {
		s := cells[row]
		for i, b := range bases {
			s = strings.ReplaceAll(s, b.cells[row], mark(i))
		}
		return s
	}
	first := marked(0)
	if !strings.Contains(first, "\x00") {
		return nil
	}
	for row := range cells {
		if marked(row) != first {
			return nil
		}
	}
	var parts []part
	for i, piece := range strings.Split(first, "\x00") {
		if i > 0 {
			parts = append(parts, bases[int(piece[0])-0x80].part)
			piece = piece[1:]
		}
		parts = append(parts, part{text: piece})
	}
	return joined(parts)
}

// maxMarks is how many bases marks tell apart.
const maxMarks = 0x40

// mark stands for a base: bytes that no text holds.
func mark(i int) string { return string([]byte{0, byte(0x80 + i)}) }

// affixes gives what all cells begin and end with, and what is between, where that
// is worth a template: whole words, and eight bytes or more.
func affixes(cells []*node) (before string, middle []*node, after string) {
	all, ok := texts(cells)
	if !ok {
		return "", nil, ""
	}
	before, after = all[0], all[0]
	for _, s := range all[1:] {
		before = commonPrefix(before, s)
		after = commonSuffix(after, s)
	}
	before = strings.TrimRightFunc(before, wordRune)
	for _, s := range all {
		after = after[max(0, len(after)-(len(s)-len(before))):]
	}
	after = strings.TrimLeftFunc(after, wordRune)
	if len(before)+len(after) < 8 || !utf8.ValidString(before+after) {
		return "", nil, ""
	}
	for _, s := range all {
		m := s[len(before) : len(s)-len(after)]
		if m == "" || !utf8.ValidString(m) {
			return "", nil, ""
		}
		middle = append(middle, &node{kind: text, text: m})
	}
	return before, middle, after
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

func commonPrefix(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return a[:i]
}

func commonSuffix(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[len(a)-1-i] == b[len(b)-1-i] {
		i++
	}
	return a[len(a)-i:]
}

// joined merges neighbouring texts and drops empty ones.
func joined(parts []part) []part {
	var all []part
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
