package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/spec"
)

// longTable is how many rows a table may have before it goes into a file of its own.
const longTable = 20

// table is a family on its way into the configuration.
type table struct {
	*family
	label  string
	local  string // the local value that holds the rows, or none
	lookup string // the local value that columns follow from
	file   string // the file that holds them, or none
}

// expr gives what stands for a leaf, or nothing where it is the same everywhere.
func (t *table) expr(leaf *node) string {
	parts := t.slots[leaf]
	if parts == nil {
		return ""
	}
	if leaf.kind == common {
		return fmt.Sprintf("local.%s[%s]", leaf.same.group.local, t.template(parts))
	}
	return t.template(parts)
}

// isRow tells whether a document is just what stands in the rows.
func (t *table) isRow(n *node) bool {
	own := t.own()
	if n.kind != '{' || t.file != "" || t.byLevel || len(own) < 2 || len(n.kids) != len(own) {
		return false
	}
	for i := range n.kids {
		parts := t.slots[&n.kids[i]]
		if len(parts) != 1 || parts[0].call != "" || n.kids[i].kind == common ||
			!slices.Contains(own, parts[0].of) || parts[0].of.name != n.kids[i].name {
			return false
		}
	}
	return true
}

// template spells a template; one that is only a column is that column, of its
// type.
func (t *table) template(parts []part) string {
	if len(parts) == 1 && parts[0].of != nil {
		return t.value(parts[0])
	}
	return `"` + t.spell(parts, func(text string) string {
		quoted := spec.Quote(text)
		return quoted[1 : len(quoted)-1]
	}) + `"`
}

// spell writes the parts of a template. A "$" before what is put in would take the
// meaning from it.
func (t *table) spell(parts []part, escape func(text string) string) string {
	var b strings.Builder
	for i, p := range parts {
		if p.of != nil {
			b.WriteString("${" + t.value(p) + "}")
			continue
		}
		head := p.text
		if i+1 < len(parts) {
			head = strings.TrimRight(p.text, "$")
		}
		b.WriteString(escape(head))
		if dollars := p.text[len(head):]; dollars != "" {
			b.WriteString(`${"` + dollars + `"}`)
		}
	}
	return b.String()
}

func (t *table) value(p part) string {
	if p.call == "" {
		return t.column(p.of)
	}
	return fmt.Sprintf(p.call, t.column(p.of))
}

// column spells the value of a column.
func (t *table) column(c *column) string {
	switch {
	case c.key:
		return "each.key"
	case c.from != nil:
		return fmt.Sprintf("local.%s[%s].%s", t.lookup, t.column(c.from), c.name)
	case t.file == "" && !t.byLevel && len(t.own()) == 1:
		return "each.value"
	case t.file != "":
		return c.typed("each.value." + c.name)
	}
	return "each.value." + c.name
}

// family writes the family's locals and its block.
func (w *writer) family(t *table) string {
	var b strings.Builder
	b.WriteString(t.locals())
	head := []string{"for_each = " + t.forEach(), "topic = " + t.template(t.topic)}
	b.WriteString(w.block(t.label, head, t.items[0], t, ""))
	return b.String()
}

func (t *table) forEach() string {
	key := "row." + t.key.name
	if t.byLevel {
		key = `"`
		for i, level := range t.keyed {
			if i > 0 {
				key += "/"
			}
			key += "${row." + t.levels[level].name + "}"
		}
		key += `"`
	}
	switch {
	case t.file != "":
		return fmt.Sprintf("{ for row in csvdecode(file(%s)) : %s => row }", spec.Quote(t.file), key)
	case t.byLevel:
		return fmt.Sprintf("{ for row in local.%s : %s => row }", t.local, key)
	case len(t.own()) > 0:
		return "local." + t.local
	}
	keys := node{kind: '['}
	for _, key := range t.keys {
		keys.kids = append(keys.kids, node{kind: text, text: key})
	}
	return "toset(" + printer{}.value(&keys, 2) + ")"
}

// locals writes the table, and the one that columns follow from.
func (t *table) locals() string {
	var b strings.Builder
	if t.lookup != "" {
		b.WriteString("  " + t.lookup + " = " + printer{wide: true}.entries(t.lookedUp(), 2) + "\n")
	}
	if own := t.own(); t.file == "" && len(own) > 0 {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "  %s = %s\n", t.local, t.rows(own))
	}
	if b.Len() == 0 {
		return ""
	}
	return "locals {\n" + b.String() + "}\n\n"
}

// rows writes the table, a line for each message where it fits one: by their keys,
// or a list where these are made of columns.
func (t *table) rows(own []*column) string {
	var b strings.Builder
	p := printer{wide: true}
	open, closed := "{", "}"
	if t.byLevel {
		open, closed = "[", "]"
	}
	b.WriteString(open + "\n")
	for row, key := range t.keys {
		if t.byLevel {
			b.WriteString("    " + p.value(t.row(own, row), 4) + ",\n")
		} else {
			b.WriteString("    " + quoteName(key) + " = " + p.value(t.row(own, row), 4) + "\n")
		}
	}
	return b.String() + "  " + closed
}

// row gives the values of one message: an object, or the only one.
func (t *table) row(own []*column, row int) *node {
	if len(own) == 1 && !t.byLevel {
		return own[0].cells[row]
	}
	object := &node{kind: '{'}
	for _, c := range own {
		object.kids = append(object.kids, named(c.cells[row], c.name))
	}
	return object
}

func named(n *node, name string) node {
	copied := *n
	copied.name = name
	return copied
}

// lookedUp is the table of the columns that follow from another.
func (t *table) lookedUp() *node {
	all := &node{kind: '{'}
	seen := map[string]bool{}
	for row := range t.items {
		var key string
		object := node{kind: '{'}
		for _, c := range t.columns {
			if c.from != nil {
				key = c.from.cells[row].text
				object.kids = append(object.kids, named(c.cells[row], c.name))
			}
		}
		if !seen[key] {
			seen[key] = true
			object.name = key
			all.kids = append(all.kids, object)
		}
	}
	slices.SortFunc(all.kids, func(a, b node) int { return strings.Compare(a.name, b.name) })
	return all
}
