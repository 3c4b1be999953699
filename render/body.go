package render

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
)

// line is one line of a change's body, the same for text, Markdown and HTML. Its
// text is escaped; its glyph is that of an action, or a space for context.
type line struct {
	glyph plan.Action
	depth int
	text  string
}

// String lays a line out as Terraform does: the glyph stands two columns before
// the text, and a level is four columns.
func (l line) String() string {
	return strings.TrimRight(l.indent()+string(l.glyph)+" "+l.text, " ")
}

func (l line) indent() string { return strings.Repeat("    ", l.depth) + "  " }

// context is the glyph of a line that shows what stays.
const context = plan.NoOp

// limits bound what a body shows of long values; the zero value shows all.
type limits struct {
	value int // characters of one value
	lines int // leaves of a document, lines of a text
}

// brief keeps a body on one screen: what -verbose is for is left out.
var brief = limits{value: 160, lines: 24}

// body collects the lines of one change.
type body struct {
	limits
	lines []line
}

func (b *body) add(glyph plan.Action, depth int, format string, args ...any) {
	b.lines = append(b.lines, line{glyph, depth, fmt.Sprintf(format, args...)})
}

// changeLines gives the lines between the braces of a change's body. An import or a
// forget publishes nothing and so shows nothing.
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
		b.lost(c.Before)
	}
	return b.lines
}

// whole shows every field that a message sets.
func (b *body) whole(glyph plan.Action, m *mqtt.Message) {
	b.add(glyph, 1, "qos = %d", m.QoS)
	b.payload(glyph, m.Payload)
	for _, f := range properties {
		if value := fieldValue(m, f); value != "" {
			b.add(glyph, 1, "%s = %s", f.Names()[0], truncate(value, b.value))
		}
	}
}

// lost shows what a delete removes: the payload on one line.
func (b *body) lost(m *mqtt.Message) {
	b.add(plan.Delete, 1, "qos = %d", m.QoS)
	b.add(plan.Delete, 1, "payload = %s", b.compact(m.Payload))
	for _, f := range properties {
		if value := fieldValue(m, f); value != "" {
			b.add(plan.Delete, 1, "%s = %s", f.Names()[0], truncate(value, b.value))
		}
	}
}

// update shows the fields that differ and no others.
func (b *body) update(c *plan.Change) {
	if c.Differs.Has(mqtt.FieldQoS) {
		b.add(plan.Update, 1, "qos = %d -> %d", c.Before.QoS, c.After.QoS)
	}
	if c.Differs.Has(mqtt.FieldPayload) || len(c.SecretLeaves) > 0 {
		b.payloadChange(c.Before.Payload, c.After.Payload, c.SecretLeaves)
	}
	for _, f := range properties {
		switch {
		case !c.Differs.Has(f):
		case f == mqtt.FieldUserProperties && distinctNames(c.Before) && distinctNames(c.After):
			b.propertyChanges(c.Before.UserProperties, c.After.UserProperties)
		default:
			b.change(1, f.Names()[0]+" =", fieldValue(c.Before, f), fieldValue(c.After, f))
		}
	}
	if len(b.lines) == 0 {
		b.add(context, 1, "# (no field differs: the same message is published again)")
	}
}

// change shows one value giving way to another; "" is the side that has none.
func (b *body) change(depth int, name, before, after string) {
	was, is := truncate(before, b.value), truncate(after, b.value)
	switch {
	case before == after && before == mqtt.RedactedText:
		b.add(plan.Update, depth, "%s (sensitive value, changed)", name)
	case before == after:
		b.add(plan.Update, depth, "%s %s (changed in parts that are not shown)", name, is)
	case before == "":
		b.add(plan.Create, depth, "%s %s", name, is)
	case after == "":
		b.add(plan.Delete, depth, "%s %s", name, was)
	case was == is:
		b.add(plan.Update, depth, "%s %s (changed after that: -verbose shows it)", name, is)
	default:
		b.add(plan.Update, depth, "%s %s -> %s", name, was, is)
	}
}

// propertyChanges shows user properties one by one, which only makes sense
// where no name repeats.
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
	b.add(plan.Update, 1, "user_properties = {")
	for _, name := range slices.Compact(names) {
		if was, is := old[name], now[name]; was != is || is == mqtt.RedactedText {
			b.change(2, propertyName(name)+" =", was, is)
		}
	}
	if len(b.lines) == start+1 {
		b.add(context, 2, "# (the order changed)")
	}
	b.add(context, 1, "}")
}

func propertyMap(props []mqtt.UserProperty) map[string]string {
	m := make(map[string]string, len(props))
	for _, p := range props {
		m[p.Name] = secretOr(p.Value, quote)
	}
	return m
}

func distinctNames(m *mqtt.Message) bool {
	return len(propertyMap(m.UserProperties)) == len(m.UserProperties)
}

// properties are the fields beside QoS and payload, in the order shown.
var properties = []mqtt.Fields{
	mqtt.FieldContentType, mqtt.FieldPayloadFormat, mqtt.FieldUserProperties,
	mqtt.FieldResponseTopic, mqtt.FieldCorrelationData, mqtt.FieldExpiry,
}

// fieldValue spells a property as the configuration would; "" where it is not set.
func fieldValue(m *mqtt.Message, f mqtt.Fields) string {
	switch {
	case f == mqtt.FieldContentType && m.ContentType != "":
		return secretOr(m.ContentType, quote)
	case f == mqtt.FieldPayloadFormat && m.PayloadFormat != mqtt.UnspecifiedBytes:
		return quote(m.PayloadFormat.String())
	case f == mqtt.FieldUserProperties && len(m.UserProperties) > 0:
		return userProperties(m.UserProperties)
	case f == mqtt.FieldResponseTopic && m.ResponseTopic != "":
		return secretOr(m.ResponseTopic, quote)
	case f == mqtt.FieldCorrelationData && len(m.CorrelationData) > 0:
		return secretOr(string(m.CorrelationData), func(s string) string {
			return quote(base64.StdEncoding.EncodeToString([]byte(s)))
		})
	case f == mqtt.FieldExpiry && m.Expiry > 0:
		return expiry(m.Expiry)
	}
	return ""
}

// secretOr leaves the redacted text bare, so that nobody takes it for the value.
func secretOr(s string, show func(string) string) string {
	if s == mqtt.RedactedText {
		return s
	}
	return show(s)
}

func userProperties(props []mqtt.UserProperty) string {
	parts := make([]string, len(props))
	for i, p := range props {
		parts[i] = propertyName(p.Name) + " = " + secretOr(p.Value, quote)
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

// expiry gives seconds, and the duration where it reads better.
func expiry(seconds uint32) string {
	if seconds < 60 {
		return strconv.FormatUint(uint64(seconds), 10)
	}
	d := (time.Duration(seconds) * time.Second).String()
	d = strings.TrimSuffix(strings.TrimSuffix(d, "0s"), "0m")
	if last := d[len(d)-1]; last >= '0' && last <= '9' { // "10m" lost its unit's zero
		d = (time.Duration(seconds) * time.Second).String()
	}
	return fmt.Sprintf("%d (%s)", seconds, d)
}
