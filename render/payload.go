package render

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/payload"
	"github.com/retainctl/retainctl/plan"
)

// payload shows a whole payload: a JSON document by its leaves, a text by its lines, other bytes by size and digest.
func (b *body) payload(glyph plan.Action, p []byte) {
	doc, isDoc := payload.Parse(p)
	switch {
	case isDoc:
		leaves := doc.Leaves()
		b.field(glyph, "payload", "{")
		for _, leaf := range leaves[:b.shownOf(len(leaves))] {
			b.lines = append(b.lines, line{glyph, 2, pointer(leaf.Pointer) + ":", truncate(leafValue(leaf.After), b.value)})
		}
		b.leftOut(len(leaves), "leaf", "leaves")
		b.note(context, 1, "}")
	case multiline(p):
		b.field(glyph, "payload", "<<EOT")
		b.textLines(glyph, strings.Split(strings.TrimSuffix(string(p), "\n"), "\n"))
		b.note(context, 1, "EOT")
	default:
		b.field(glyph, "payload", b.compact(p))
	}
}

func (b *body) textLines(glyph plan.Action, lines []string) {
	for _, text := range lines[:b.shownOf(len(lines))] {
		b.note(glyph, 2, "%s", truncate(Escape(text), b.value))
	}
	b.leftOut(len(lines), "line", "lines")
}

// shownOf returns how many of n lines are shown.
func (b *body) shownOf(n int) int {
	if b.limits.lines == 0 {
		return n
	}
	return min(n, b.limits.lines)
}

// leftOut adds a line that says how many of n lines were left out, or none if all are shown.
func (b *body) leftOut(n int, one, many string) {
	left := n - b.shownOf(n)
	if left == 0 {
		return
	}
	noun := many
	if left == 1 {
		noun = one
	}
	b.note(context, 2, "# (%s more %s: -verbose shows them)", number(left), noun)
}

// payloadChange shows the leaves or lines in which two payloads differ. secret has the redacted leaves that differ,
// which look equal on both sides.
func (b *body) payloadChange(before, after []byte, secret []string) {
	old, wasDoc := payload.Parse(before)
	now, isDoc := payload.Parse(after)
	switch {
	case wasDoc && isDoc:
		b.leafChanges(payload.Diff(old, now), secret)
	case isText(before) && isText(after) && (multiline(before) || multiline(after)):
		b.lineChanges(before, after)
	case bytes.Equal(before, after) && string(after) != mqtt.RedactedText:
		b.leafChanges(nil, secret)
	default:
		b.change(1, "payload", "= ", compact(before), compact(after))
	}
}

func (b *body) leafChanges(leaves []payload.Leaf, secret []string) {
	for _, p := range secret {
		if !slices.ContainsFunc(leaves, func(l payload.Leaf) bool { return l.Pointer == p }) {
			redacted := `"` + mqtt.RedactedText + `"`
			leaves = append(leaves, payload.Leaf{Pointer: p, Before: redacted, After: redacted})
		}
	}
	b.field(plan.Update, "payload", "{")
	for _, leaf := range leaves[:b.shownOf(len(leaves))] {
		b.change(2, pointer(leaf.Pointer)+":", "", leafValue(leaf.Before), leafValue(leaf.After))
	}
	if len(leaves) == 0 {
		b.note(context, 2, "# (the same values, spelled differently)")
	}
	b.leftOut(len(leaves), "changed leaf", "changed leaves")
	b.note(context, 1, "}")
}

// lineChanges shows a unified diff. A context line begins with "|", because a payload could otherwise forge a heading:
// only spaces precede that.
func (b *body) lineChanges(before, after []byte) {
	b.field(plan.Update, "payload", "<<EOT")
	unified := strings.Split(strings.TrimSuffix(string(diff.Diff("before", before, "after", after)), "\n"), "\n")
	unified = unified[3:] // after the header
	for _, text := range unified[:b.shownOf(len(unified))] {
		content := truncate(Escape(text[min(1, len(text)):]), b.value)
		switch {
		case strings.HasPrefix(text, "+"):
			b.note(plan.Create, 2, "%s", content)
		case strings.HasPrefix(text, "-"):
			b.note(plan.Delete, 2, "%s", content)
		case strings.HasPrefix(text, `\`): // about the line above
			b.note(context, 2, "# (no line break at its end)")
		case strings.HasPrefix(text, "@@"):
			b.note(context, 2, "%s", Escape(text))
		default:
			b.note(context, 2, "| %s", content)
		}
	}
	b.leftOut(len(unified), "line", "lines")
	b.note(context, 1, "EOT")
}

// compact returns a payload on one line, shortened.
func (b *body) compact(p []byte) string { return truncate(compact(p), b.value) }

func compact(p []byte) string {
	doc, isDoc := payload.Parse(p)
	switch {
	case isDoc:
		return Escape(string(doc.Bytes()))
	case isText(p):
		return unlessRedacted(string(p), quote)
	}
	sum := sha256.Sum256(p)
	return fmt.Sprintf("(binary, %s, SHA-256 %x...)", Count(len(p), "byte"), sum[:6])
}

// isText reports whether p is text: valid UTF-8 without a NUL.
func isText(p []byte) bool { return utf8.Valid(p) && bytes.IndexByte(p, 0) < 0 }

// multiline reports whether p is a text of more than one line. A line break at its end does not count.
func multiline(p []byte) bool {
	return isText(p) && bytes.IndexByte(bytes.TrimSuffix(p, []byte("\n")), '\n') >= 0
}

// pointer returns an RFC 6901 pointer as it is shown. The empty one means the whole document.
func pointer(p string) string {
	if p == "" {
		return "(document)"
	}
	return Escape(p)
}

// leafValue returns the compact JSON of a leaf as it is shown.
func leafValue(json string) string {
	if json == `"`+mqtt.RedactedText+`"` {
		return mqtt.RedactedText
	}
	return Escape(json)
}
