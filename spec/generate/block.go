package generate

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/retainctl/retainctl/spec"
)

// lineWidth is how long a line may be before a value is written over several, and
// rowWidth that of a table.
const (
	lineWidth = 80
	rowWidth  = 160
)

// printer writes values as source. Leaves that differ from message to message stand
// there as expressions.
type printer struct {
	expr func(leaf *node) string
	wide bool // rows of a table
}

// fits tells whether a value may stand on one line.
func (p printer) fits(line string, indent int) bool {
	if p.wide {
		return len(line)+indent <= rowWidth
	}
	return len(line)+indent <= lineWidth && len(line) <= 64
}

func (p printer) value(n *node, indent int) string {
	if n.kind == common && n.same.sites < 2 {
		n = &n.same.value
	}
	line := p.inline(n)
	if n.leaf() || len(n.kids) == 0 || p.fits(line, indent) {
		return line
	}
	pad := strings.Repeat(" ", indent+2)
	var b strings.Builder
	open, closed := brackets(n)
	b.WriteString(open + "\n")
	for i := range n.kids {
		kid := &n.kids[i]
		b.WriteString(pad)
		if n.kind == '{' {
			b.WriteString(quoteName(kid.name) + " = ")
		}
		b.WriteString(p.value(kid, indent+2))
		if n.kind == '[' {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString(strings.Repeat(" ", indent) + closed)
	return b.String()
}

// entries writes an object with a line for each member, as a table.
func (p printer) entries(n *node, indent int) string {
	pad := strings.Repeat(" ", indent)
	var b strings.Builder
	b.WriteString("{\n")
	for i := range n.kids {
		b.WriteString(pad + "  " + quoteName(n.kids[i].name) + " = " + p.value(&n.kids[i], indent+2) + "\n")
	}
	return b.String() + pad + "}"
}

func (p printer) inline(n *node) string {
	if n.kind == common && n.same.sites < 2 {
		return p.inline(&n.same.value)
	}
	if n.leaf() {
		if p.expr != nil {
			if e := p.expr(n); e != "" {
				return e
			}
		}
		if n.kind != list {
			return n.source()
		}
	}
	open, closed := brackets(n)
	parts := make([]string, len(n.kids))
	for i := range n.kids {
		kid := &n.kids[i]
		if n.kind == '{' {
			parts[i] = quoteName(kid.name) + " = "
		}
		parts[i] += p.inline(kid)
	}
	if n.kind == '{' && len(parts) > 0 {
		open, closed = open+" ", " "+closed
	}
	return open + strings.Join(parts, ", ") + closed
}

func brackets(n *node) (open, closed string) {
	if n.kind == '{' {
		return "{", "}"
	}
	return "[", "]"
}

// source spells a leaf.
func (n *node) source() string {
	switch n.kind {
	case text:
		return spec.Quote(n.text)
	case common:
		return n.same.reference()
	}
	return n.text
}

// reference names a shared value.
func (s *shared) reference() string {
	if s.group.asMap {
		return "local." + s.group.local + index(s.key)
	}
	return "local." + s.group.local
}

// index spells a step into an object.
func index(key string) string {
	if name := quoteName(key); name == key {
		return "." + name
	}
	return "[" + spec.Quote(key) + "]"
}

// block writes a message block. head are the lines before the attributes; t is nil
// for a message by itself, and payload the argument of one in a file.
func (w *writer) block(label string, head []string, it *item, t *table, payload string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "message %s {\n", spec.Quote(label))
	if w.o.Several {
		head = append(head, "broker = broker."+w.o.Broker)
	}
	for _, line := range head {
		b.WriteString("  " + line + "\n")
	}
	for i := range it.attrs {
		a := &it.attrs[i]
		if payload != "" && strings.HasPrefix(a.name, "payload") && a.name != "payload_format_indicator" {
			b.WriteString("  " + payload + "\n")
			continue
		}
		fmt.Fprintf(&b, "  %s = %s", a.name, a.source(t))
		if a.name == "message_expiry" && w.o.ExpiryCountsDown {
			b.WriteString(" # what was left of it, rounded up")
		}
		b.WriteByte('\n')
	}
	b.WriteString("}\n")
	return b.String()
}

// source spells an argument's value.
func (a *attr) source(t *table) string {
	var p printer
	if t != nil {
		p.expr = t.expr
	}
	switch {
	case t != nil && t.isRow(&a.value):
		return a.call + "(each.value)"
	case a.call != "":
		return a.call + "(" + p.value(&a.value, 2) + ")"
	case a.name == "payload" && (t == nil || t.slots[&a.value] == nil):
		return prose(a.value.text)
	case a.name == "payload":
		return t.prose(t.slots[&a.value])
	}
	return p.value(&a.value, 2)
}

// prose spells a payload that is a template, as a heredoc where it has lines.
func (t *table) prose(parts []part) string {
	last := parts[len(parts)-1]
	if !strings.HasSuffix(last.text, "\n") || slices.ContainsFunc(parts, func(p part) bool { return !printable(p.text) || blankEnds(p.text) }) {
		return t.template(parts)
	}
	return heredoc(t.spell(parts, escaped), 4)
}

// prose spells a payload that is text: as a heredoc where it has lines, or more to
// escape in quotes than a reader bears.
func prose(s string) string {
	const bearable = 8
	lines, escapes := strings.Count(s, "\n"), strings.Count(s, `"`)+strings.Count(s, `\`)
	switch {
	case !printable(s), blankEnds(s), strings.TrimSpace(s) == "":
	case strings.HasSuffix(s, "\n"):
		return heredoc(escaped(s), 4)
	case lines > 1 || escapes > bearable:
		return "chomp(" + heredoc(escaped(s)+"\n", 4) + "\n  )"
	}
	return spec.Quote(s)
}

// printable tells whether text can stand in the source as it is: what a reader
// cannot see is written as an escape, and so is what a CI runner that prints the source
// would take for a command.
func printable(s string) bool {
	if runnerCommand.MatchString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\u200d' {
			return false
		}
	}
	return true
}

// runnerCommand is a line that GitHub takes for a command, and what Azure Pipelines does.
var runnerCommand = regexp.MustCompile(`(?m)^\s*::|##[A-Za-z]*\[`)

// blankEnds tells whether a line ends in blanks, which editors take away unasked.
func blankEnds(s string) bool { return strings.Contains(s, " \n") || strings.Contains(s, "\t\n") }

// escaped spells text for a heredoc, where nothing but the beginning of a template
// has a meaning.
func escaped(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "${", "$${"), "%{", "%%{")
}

// heredoc writes lines, indented where that can be told from their own
// indentation: "<<-" takes away what all lines that are not blank have in common.
func heredoc(s string, indent int) string {
	mark := "EOT"
	for strings.Contains(s, mark) {
		mark += "_"
	}
	pad, flush := strings.Repeat(" ", indent), false
	for line := range strings.Lines(s) {
		first := []rune(line)[0]
		flush = flush || !unicode.IsSpace(first)
	}
	if !flush {
		return "<<" + mark + "\n" + s + mark
	}
	var b strings.Builder
	b.WriteString("<<-" + mark + "\n")
	for line := range strings.Lines(s) {
		if strings.TrimSpace(line) != "" {
			b.WriteString(pad)
		}
		b.WriteString(line)
	}
	return b.String() + pad + mark
}
