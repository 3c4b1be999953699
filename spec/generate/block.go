package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/spec/addrs"
)

// source returns the HCL of a table: its rows and its block.
func (t *table) source(places places, o Options) string {
	p := printer{blockWidth, places, t}
	var lines []string
	if !t.single() {
		lines = append(lines, "for_each = "+t.forEach(), "topic = "+p.template(t.topic))
	} else if topic := t.items[0].m.Topic; t.label != topic {
		lines = append(lines, "topic = "+addrs.Quote(topic))
	}
	if o.Several {
		lines = append(lines, "broker = broker."+o.Broker)
	}
	for i := range t.args.kids {
		arg := &t.args.kids[i]
		line := arg.name + " = " + p.argument(arg)
		if arg.name == "message_expiry" && o.ExpiryCountsDown {
			line += " # what was left of it, rounded up"
		}
		lines = append(lines, line)
	}
	block := fmt.Sprintf("message %s {\n%s\n}\n", addrs.Quote(t.label), strings.Join(lines, "\n"))
	if t.local != "" {
		return locals([]string{t.local + " = " + t.rows()}) + "\n" + block
	}
	return block
}

// argument returns the HCL of an argument's value.
func (p printer) argument(n *node) string {
	switch parts := p.slot(n); {
	case p.table.isRow(n):
		return n.call + "(each.value)"
	case n.call != "":
		return n.call + "(" + p.value(n) + ")"
	case n.name != "payload":
		return p.value(n)
	case parts == nil:
		return p.prose([]part{{text: n.text}})
	default:
		return p.prose(parts)
	}
}

// isRow reports whether a document equals the rows of the table, so that each.value can be encoded.
func (t *table) isRow(n *node) bool {
	if n.kind != '{' || t.file != "" || t.byLevel || len(t.columns) < 2 || len(n.kids) != len(t.columns) {
		return false
	}
	for i := range n.kids {
		parts := t.slots[&n.kids[i]]
		if len(parts) != 1 || parts[0].call != "" || n.kids[i].shared != nil ||
			!slices.Contains(t.columns, parts[0].of) || parts[0].of.name != n.kids[i].name {
			return false
		}
	}
	return true
}

// forEach returns the HCL of for_each: the local value, or the rows by their keys.
func (t *table) forEach() string {
	rows, key := "local."+t.local, "row."+t.key.name
	if t.byLevel {
		var keys []string
		for _, level := range t.keyed {
			keys = append(keys, "${row."+t.levels[level].name+"}")
		}
		key = `"` + strings.Join(keys, "/") + `"`
	}
	switch {
	case t.file != "":
		rows = "csvdecode(file(" + addrs.Quote(t.file) + "))"
	case len(t.columns) == 0:
		keys := node{kind: '['}
		for _, key := range t.key.cells {
			keys.kids = append(keys.kids, *key)
		}
		return "toset(" + printer{width: blockWidth}.value(&keys) + ")"
	case !t.byLevel:
		return rows
	}
	return fmt.Sprintf("{ for row in %s : %s => row }", rows, key)
}

// locals returns the HCL of a locals block.
func locals(definitions []string) string {
	return "locals {\n" + strings.Join(definitions, "\n\n") + "\n}\n"
}

// rows returns the HCL of the rows: an object by their keys, or a list if the keys are composed of columns.
func (t *table) rows() string {
	all := node{kind: '{'}
	if t.byLevel {
		all.kind = '['
	}
	for row, key := range t.key.cells {
		n := node{kind: '{'}
		for _, c := range t.columns {
			n.kids = append(n.kids, c.cells[row].named(c.name))
		}
		if t.simple() {
			n = n.kids[0]
		}
		all.kids = append(all.kids, n.named(key.text))
	}
	return printer{width: tableWidth}.entries(&all)
}
