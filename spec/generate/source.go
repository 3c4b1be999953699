package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/retainctl/retainctl/spec/addrs"
)

// The maximum width of an object or array on one line: in a block, and in a table.
const (
	blockWidth = 64
	tableWidth = 160
)

// printer writes values as HCL, which hclwrite indents later.
type printer struct {
	width  int
	places places
	table  *table // whose differing leaves are written as expressions; may be nil
}

// value returns the HCL of a value, on one line if that is short enough.
func (p printer) value(n *node) string {
	parts := p.slot(n)
	switch {
	case n.shared != nil && (parts != nil || p.places[n.shared] > 1):
		return p.reference(n.shared, parts)
	case parts != nil:
		return p.template(parts)
	case n.kind == text:
		return addrs.Quote(n.text)
	case !isContainer(*n):
		return n.text
	}
	members := p.members(n) // once: members nest, and spelling them twice would double the work with each level
	line := inline(n, members)
	if n.kind == list || len(n.kids) == 0 || len(line) <= p.width && !strings.Contains(line, "\n") {
		return line
	}
	return lines(n, members)
}

// inline returns an object or array on one line.
func inline(n *node, members []string) string {
	switch {
	case n.kind != '{':
		return "[" + strings.Join(members, ", ") + "]"
	case len(members) == 0:
		return "{}"
	}
	return "{ " + strings.Join(members, ", ") + " }"
}

// entries returns the HCL of an object or array with a line for each member.
func (p printer) entries(n *node) string { return lines(n, p.members(n)) }

// lines returns an object or array with each member on a line.
func lines(n *node, members []string) string {
	if n.kind == '{' {
		return "{\n" + strings.Join(members, "\n") + "\n}"
	}
	return "[\n" + strings.Join(members, ",\n") + ",\n]"
}

func (p printer) members(n *node) []string {
	members := make([]string, len(n.kids))
	for i := range n.kids {
		members[i] = p.value(&n.kids[i])
		if n.kind == '{' {
			members[i] = quoteName(n.kids[i].name) + " = " + members[i]
		}
	}
	return members
}

// quoteName returns the HCL of a key of an object, which mostly needs no quotes. The key "for" would
// begin an expression, and people would mistake the others for values.
func quoteName(name string) string {
	if hclsyntax.ValidIdentifier(name) && !slices.Contains([]string{"for", "true", "false", "null", "if", "in"}, name) {
		return name
	}
	return addrs.Quote(name)
}

// reference returns the HCL of a shared value: a reference to the local value, with the key if it
// has several. In a table, the template parts makes the key.
func (p printer) reference(s *shared, parts []part) string {
	local, key := "local."+s.of.local, quoteName(s.key)
	switch {
	case parts != nil:
		return local + "[" + p.template(parts) + "]"
	case len(p.places.local(s.of)) == 1:
		return local
	case key == s.key:
		return local + "." + key
	}
	return local + "[" + key + "]"
}

// slot returns the template for a node that is not the same in all rows of the table; otherwise nil.
func (p printer) slot(n *node) []part {
	if p.table == nil {
		return nil
	}
	return p.table.slots[n]
}

// template returns the HCL of a template. A template that is only a column keeps the column's type.
func (p printer) template(parts []part) string {
	if len(parts) == 1 && parts[0].of != nil {
		return p.column(parts[0])
	}
	return `"` + p.interpolate(parts, func(text string) string {
		quoted := addrs.Quote(text)
		return quoted[1 : len(quoted)-1]
	}) + `"`
}

// interpolate returns the text of a template. A "$" before "${" would escape it, so it is written as
// an expression.
func (p printer) interpolate(parts []part, escape func(text string) string) string {
	var b strings.Builder
	for i, piece := range parts {
		head := piece.text
		if i+1 < len(parts) {
			head = strings.TrimRight(piece.text, "$")
		}
		b.WriteString(escape(head))
		if dollars := piece.text[len(head):]; dollars != "" {
			b.WriteString(`${"` + dollars + `"}`)
		}
		if piece.of != nil {
			b.WriteString("${" + p.column(piece) + "}")
		}
	}
	return b.String()
}

// column returns the HCL of a column's value, with the function that a part applies to it.
func (p printer) column(of part) string {
	value := p.table.value(of.of)
	if of.call != "" {
		return fmt.Sprintf(of.call, value)
	}
	return value
}

// value returns the HCL of a column's value.
func (t *table) value(c *column) string {
	switch {
	case c == t.key:
		return "each.key"
	case t.file != "":
		return c.typed("each.value." + c.name)
	case t.simple():
		return "each.value"
	}
	return "each.value." + c.name
}

// simple reports whether the rows are single values instead of objects.
func (t *table) simple() bool { return t.file == "" && !t.byLevel && len(t.columns) == 1 }
