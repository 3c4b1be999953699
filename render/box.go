package render

import (
	"bufio"
	"io"
	"strings"

	"github.com/mitchellh/go-wordwrap"

	"github.com/retainctl/retainctl/plan"
)

// Error writes an error that has no place in a file, in the form of a diagnostic, so that all errors look alike.
// A detail of "" is left out.
func Error(w io.Writer, summary, detail string, s Style) error {
	return writeNotices(w, []notice{{severityError, summary, detail}}, s)
}

// Refusals writes as errors every refusal that keeps apply from running a plan, also those that are warnings to plan.
func Refusals(w io.Writer, p *plan.Plan, s Style) error {
	found := refusalNotices(p, p.Blocked(false))
	for i := range found {
		found[i].severity = severityError
	}
	return writeNotices(w, found, s)
}

// colors are those of notices, by their severity.
var colors = map[string]string{severityError: red, severityWarning: yellow, severityNote: cyan}

func writeNotices(w io.Writer, notices []notice, s Style) error {
	out := bufio.NewWriter(w)
	for _, n := range notices {
		writeBox(out, n, nil, s)
	}
	return out.Flush()
}

// writeBox writes a notice as Terraform does: in a frame if there is colour, otherwise as plain paragraphs, because
// review tools look for "Error: " at the start of a line. The source lines must be escaped already.
func writeBox(w io.StringWriter, n notice, source []string, s Style) {
	color := colors[n.severity]
	lines := []string{s.paint(n.severity+": ", bold, color) + s.paint(Escape(n.summary), bold)}
	if len(source) > 0 {
		lines = append(append(lines, ""), source...)
	}
	if n.detail != "" {
		lines = append(append(lines, ""), wrapLines(n.detail, s.width()-2)...)
	}
	top, side, bottom := "", "", ""
	if s.Color {
		top, side, bottom = s.paint("╷", color), s.paint("│", color)+" ", s.paint("╵", color)
	}
	w.WriteString(top + "\n")
	for _, text := range lines {
		w.WriteString(strings.TrimRight(side+text, " ") + "\n")
	}
	if bottom != "" {
		w.WriteString(bottom + "\n")
	}
}

// wrapLines escapes and wraps a detail. Lines that start with a space are lists or code and are not wrapped.
func wrapLines(detail string, width int) []string {
	var wrapped []string
	for _, text := range escapeLines(detail) {
		if strings.HasPrefix(text, " ") {
			wrapped = append(wrapped, text)
			continue
		}
		for _, part := range strings.Split(wordwrap.WrapString(text, uint(max(width, 20))), "\n") {
			wrapped = append(wrapped, Escape(part)) // a break may have moved "::" to the front
		}
	}
	return wrapped
}
