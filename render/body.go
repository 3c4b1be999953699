package render

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
)

// line is one line of a change's body, the same for text, Markdown and HTML. Name and text are escaped; either may be
// empty. The glyph is that of an action, or a space for context.
type line struct {
	glyph plan.Action
	depth int
	name  string
	text  string
}

// String lays a line out as Terraform does: the glyph is two columns before the text, and a level is four columns.
func (l line) String() string {
	return strings.TrimRight(l.indent()+string(l.glyph)+" "+l.content(), " ")
}

func (l line) indent() string { return strings.Repeat("    ", l.depth) + "  " }

func (l line) content() string {
	if l.name == "" {
		return l.text
	}
	return l.name + " " + l.text
}

// align pads the names of a block's fields, so that their values are in one column.
func align(lines []line) []line {
	widest := 0
	for _, l := range lines {
		if l.isField() {
			widest = max(widest, len(l.name))
		}
	}
	for i, l := range lines {
		if l.isField() {
			lines[i].name += strings.Repeat(" ", widest-len(l.name))
		}
	}
	return lines
}

func (l line) isField() bool { return l.depth == 1 && strings.HasPrefix(l.text, "=") }

// context is the glyph of a line that does not change.
const context = plan.NoOp

// limits bounds what a body shows of long values. The zero value shows all.
type limits struct {
	value int // characters of one value
	lines int // leaves of a document, lines of a text
}

// brief keeps a body on one screen. -verbose shows the rest.
var brief = limits{value: 160, lines: 24}

// body collects the lines of one change.
type body struct {
	limits
	lines []line
}

// note adds a line without a name.
func (b *body) note(glyph plan.Action, depth int, format string, args ...any) {
	b.lines = append(b.lines, line{glyph: glyph, depth: depth, text: fmt.Sprintf(format, args...)})
}

// field adds a field with its value.
func (b *body) field(glyph plan.Action, name, value string) {
	b.lines = append(b.lines, line{glyph, 1, name, "= " + value})
}

// changeLines returns the lines between the braces of a change's body. An import or a forget publishes nothing and
// has no lines.
func changeLines(c *plan.Change, max limits) []line {
	b := &body{limits: max}
	switch {
	case c.Action == plan.Create && c.After != nil:
		b.whole(plan.Create, c.After)
	case c.Action == plan.Update && c.After != nil && c.Before == nil:
		b.whole(plan.Update, c.After)
	case c.Action == plan.Update && c.After != nil:
		b.update(c)
	case c.Action == plan.Delete && c.Before != nil:
		b.deleted(c.Before)
	}
	return b.lines
}

// whole shows every field that a message sets.
func (b *body) whole(glyph plan.Action, m *mqtt.Message) {
	b.field(glyph, "qos", number(int(m.QoS)))
	b.payload(glyph, m.Payload)
	b.properties(glyph, m)
}

// deleted shows what a delete removes, with the payload on one line.
func (b *body) deleted(m *mqtt.Message) {
	b.field(plan.Delete, "qos", number(int(m.QoS)))
	b.field(plan.Delete, "payload", b.compact(m.Payload))
	b.properties(plan.Delete, m)
}

func (b *body) properties(glyph plan.Action, m *mqtt.Message) {
	for f := range mqtt.Properties.Shown() {
		if value := fieldValue(m, f); value != "" {
			b.field(glyph, f.Name, truncate(value, b.value))
		}
	}
}

// update shows only the fields that differ.
func (b *body) update(c *plan.Change) {
	if c.Differs.Has(mqtt.FieldQoS) {
		b.field(plan.Update, "qos", fmt.Sprintf("%d -> %d", c.Before.QoS, c.After.QoS))
	}
	if c.Differs.Has(mqtt.FieldPayload) || len(c.SecretLeaves) > 0 {
		b.payloadChange(c.Before.Payload, c.After.Payload, c.SecretLeaves)
	}
	for f := range (c.Differs & mqtt.Properties).Shown() {
		if f.Bit == mqtt.FieldUserProperties && distinctNames(c.Before) && distinctNames(c.After) {
			b.propertyChanges(c.Before.UserProperties, c.After.UserProperties)
			continue
		}
		b.change(1, f.Name, "= ", fieldValue(c.Before, f), fieldValue(c.After, f))
	}
	if len(b.lines) == 0 {
		b.note(context, 1, "# (no field differs: the same message is published again)")
	}
}

// change shows a value before and after; "" means that there is none. The separator is written between name and value.
func (b *body) change(depth int, name, separator, before, after string) {
	was, is := b.shortenPair(before, after)
	add := func(glyph plan.Action, value string) {
		b.lines = append(b.lines, line{glyph, depth, name, separator + value})
	}
	switch {
	case before == after && before == mqtt.RedactedText:
		add(plan.Update, "(sensitive value, changed)")
	case before == after:
		add(plan.Update, is+" (changed in parts that are not shown)")
	case before == "":
		add(plan.Create, is)
	case after == "":
		add(plan.Delete, was)
	default:
		add(plan.Update, was+" -> "+is)
	}
}

// shortenPair shortens two values to the part where they differ: a long beginning that both share is left out.
func (b *body) shortenPair(before, after string) (was, is string) {
	old, now := []rune(before), []rune(after)
	same := 0
	for same < len(old) && same < len(now) && old[same] == now[same] {
		same++
	}
	fits := b.value <= 0 || max(len(old), len(now)) <= b.value
	if fits || same < b.value*3/4 || before == after {
		return truncate(before, b.value), truncate(after, b.value)
	}
	from := same - b.value/4
	return "..." + truncate(string(old[from:]), b.value), "..." + truncate(string(now[from:]), b.value)
}

// propertyChanges shows user properties one by one, which only makes sense if no name repeats.
func (b *body) propertyChanges(before, after []mqtt.UserProperty) {
	old, now := propertyMap(before), propertyMap(after)
	names := slices.Collect(func(yield func(string) bool) {
		for _, p := range mqtt.SortUserProperties(append(slices.Clone(before), after...)) {
			if !yield(p.Name) {
				return
			}
		}
	})
	start := len(b.lines)
	b.field(plan.Update, "user_properties", "{")
	for _, name := range slices.Compact(names) {
		if was, is := old[name], now[name]; was != is || is == mqtt.RedactedText {
			b.change(2, propertyName(name), "= ", was, is)
		}
	}
	if len(b.lines) == start+1 {
		b.note(context, 2, "# (the order changed)")
	}
	b.note(context, 1, "}")
}

func propertyMap(props []mqtt.UserProperty) map[string]string {
	m := make(map[string]string, len(props))
	for _, p := range props {
		m[p.Name] = unlessRedacted(p.Value, quote)
	}
	return m
}

func distinctNames(m *mqtt.Message) bool {
	return len(propertyMap(m.UserProperties)) == len(m.UserProperties)
}

// fieldValue returns a property as it is written in the configuration, or "" if it is not set.
func fieldValue(m *mqtt.Message, f *mqtt.Field) string {
	switch at := f.At(m).(type) {
	case *string:
		return showOptional(*at, quote)
	case *[]byte:
		return showOptional(string(*at), func(s string) string {
			return quote(base64.StdEncoding.EncodeToString([]byte(s)))
		})
	case *mqtt.PayloadFormat:
		if *at != mqtt.UnspecifiedBytes {
			return quote(at.String())
		}
	case *[]mqtt.UserProperty:
		if len(*at) > 0 {
			return userProperties(*at)
		}
	case *uint32:
		if *at > 0 {
			return expiry(*at)
		}
	}
	return ""
}

// showOptional is unlessRedacted for a value that may be absent.
func showOptional(s string, show func(string) string) string {
	if s == "" {
		return ""
	}
	return unlessRedacted(s, show)
}

// unlessRedacted returns show(s), but leaves the redacted text without quotes, so that nobody takes it for the value.
func unlessRedacted(s string, show func(string) string) string {
	if s == mqtt.RedactedText {
		return s
	}
	return show(s)
}

func userProperties(props []mqtt.UserProperty) string {
	parts := make([]string, len(props))
	for i, p := range props {
		parts[i] = propertyName(p.Name) + " = " + unlessRedacted(p.Value, quote)
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// propertyName quotes a name unless it reads as an identifier.
func propertyName(name string) string {
	plain := name != "" && strings.IndexFunc(name, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
	if plain {
		return name
	}
	return quote(name)
}

// expiry returns a number of seconds, followed by the duration in larger units from a minute on.
func expiry(seconds uint32) string {
	if seconds < 60 {
		return strconv.FormatUint(uint64(seconds), 10)
	}
	var duration strings.Builder
	for _, unit := range []struct {
		name string
		n    uint32
	}{{"h", seconds / 3600}, {"m", seconds / 60 % 60}, {"s", seconds % 60}} {
		if unit.n > 0 {
			fmt.Fprintf(&duration, "%d%s", unit.n, unit.name)
		}
	}
	return fmt.Sprintf("%d (%s)", seconds, duration.String())
}
