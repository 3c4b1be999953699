package render

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// DiagnosticsOptions determines how Diagnostics shows diagnostics. The zero value is plain text, 78 columns wide.
type DiagnosticsOptions struct {
	Style
	CompactWarnings bool // only the summaries of warnings, before the errors
}

// Diagnostics writes diagnostics as Terraform does: severity and summary, place, the source with the faulty part
// underlined, the values of the names in it, and the detail. Warnings come first, so that errors are at the end. If
// more than three warnings have the same summary, only the first three are shown. files has the parsed files by name;
// a diagnostic about a file that is missing there is shown without source. The error is that of w.
func Diagnostics(w io.Writer, files map[string]*hcl.File, diags hcl.Diagnostics, o DiagnosticsOptions) error {
	out := bufio.NewWriter(w)
	warnings, errs := splitBySeverity(diags)
	if o.CompactWarnings && len(warnings) > 0 {
		compactWarnings(out, warnings, o.Style)
		warnings = nil
	}
	for _, d := range append(limitSimilar(warnings), errs...) {
		writeBox(out, noticeOf(d), sourceLines(files, d, o.Style), o.Style)
	}
	return out.Flush()
}

func splitBySeverity(diags hcl.Diagnostics) (warnings, errs hcl.Diagnostics) {
	for _, d := range diags {
		if d.Severity == hcl.DiagWarning {
			warnings = append(warnings, d)
		} else {
			errs = append(errs, d)
		}
	}
	return warnings, errs
}

// limitSimilar returns the first warnings of each summary. The last of them says how many more there are, which
// "validate -json" lists.
func limitSimilar(warnings hcl.Diagnostics) (shown hcl.Diagnostics) {
	const limit = 3
	total, seen := map[string]int{}, map[string]int{}
	for _, d := range warnings {
		total[d.Summary]++
	}
	for _, d := range warnings {
		seen[d.Summary]++
		n := seen[d.Summary]
		if n == limit && total[d.Summary] > limit {
			last := *d
			last.Detail += fmt.Sprintf("\n\n(and %s elsewhere; \"retainctl validate -json\" lists all)",
				Count(total[d.Summary]-limit, "more similar warning"))
			d = &last
		}
		if n <= limit {
			shown = append(shown, d)
		}
	}
	return shown
}

func noticeOf(d *hcl.Diagnostic) notice {
	n := notice{severityError, d.Summary, d.Detail}
	if d.Severity == hcl.DiagWarning {
		n.severity = severityWarning
	}
	return n
}

func compactWarnings(w *bufio.Writer, warnings hcl.Diagnostics, s Style) {
	fmt.Fprintf(w, "\n%s\n\n", s.paint("Warnings:", bold, yellow))
	for _, d := range warnings {
		fmt.Fprintf(w, "- %s\n", Escape(d.Summary))
		if d.Subject != nil {
			fmt.Fprintf(w, "  on %s line %d\n", Escape(d.Subject.Filename), d.Subject.Start.Line)
		}
	}
	fmt.Fprint(w, "\nTo see the full warnings, run without -compact-warnings.\n")
}

// sourceLines returns the lines between summary and detail: place, source and values. Nil if there is no place.
func sourceLines(files map[string]*hcl.File, d *hcl.Diagnostic, s Style) []string {
	if d.Subject == nil || d.Subject.Filename == "" {
		return nil
	}
	found := snippetOf(files, d)
	in := ""
	if found != nil && found.Context != nil {
		in = ", in " + Escape(*found.Context)
	}
	lines := []string{fmt.Sprintf("  on %s line %d%s:", Escape(d.Subject.Filename), d.Subject.Start.Line, in)}
	if found == nil {
		lines[0] = strings.TrimSuffix(lines[0], ":")
		return lines
	}
	lines = append(lines, found.lines(s)...)
	var facts []string
	if found.Call != nil {
		facts = append(facts, "while calling "+Escape(found.Call.String()))
	}
	for _, v := range found.Values {
		facts = append(facts, Escape(v.Traversal)+" "+v.Statement)
	}
	if len(facts) > 0 {
		lines = append(lines, s.paint("    ├────────────────", dim))
	}
	for _, fact := range facts {
		lines = append(lines, s.paint("    │", dim)+" "+fact)
	}
	return lines
}

// lines returns numbered source, with the highlighted part underlined if the style has colour.
func (s *snippet) lines(style Style) []string {
	var lines []string
	offset := 0
	for i, text := range strings.Split(s.Code, "\n") {
		start := min(max(s.Start-offset, 0), len(text))
		end := min(max(s.End-offset, start), len(text))
		offset += len(text) + 1
		text, start, end = window(text, start, end)
		shown := sourceText(text) // whole, since a command may lie across the highlight
		if style.Color {
			shown = sourceText(text[:start]) + style.paint(sourceText(text[start:end]), underline) + sourceText(text[end:])
		}
		lines = append(lines, fmt.Sprintf("%4d: %s", s.StartLine+i, shown))
	}
	return lines
}

// longestLine is the number of bytes shown of a line of source. A generated configuration may be a single line.
const longestLine = 240

// window shortens a long line to the text around the part from start to end, and returns the part's new place.
func window(text string, start, end int) (string, int, int) {
	const cuts = len("...") * 2 // a line that was cut before is left as it is
	if len(text) <= longestLine+cuts {
		return text, start, end
	}
	from := max(0, min(start-longestLine/4, len(text)-longestLine))
	for from > 0 && !utf8.RuneStart(text[from]) {
		from--
	}
	to := min(from+longestLine, len(text))
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to++
	}
	cut := text[from:to]
	start, end = min(start, to)-from, min(end, to)-from
	if from > 0 {
		cut, start, end = "..."+cut, start+3, end+3
	}
	if to < len(text) {
		cut += "..."
	}
	return cut, start, end
}

// sourceText escapes source, but writes tabs as spaces, so that indented code is readable.
func sourceText(s string) string {
	return Escape(strings.TrimSuffix(strings.ReplaceAll(s, "\t", "    "), "\r"))
}

// jsonValidation has the shape of "terraform validate -json", which editors read.
type jsonValidation struct {
	FormatVersion string           `json:"format_version"`
	Valid         bool             `json:"valid"`
	ErrorCount    int              `json:"error_count"`
	WarningCount  int              `json:"warning_count"`
	Diagnostics   []jsonDiagnostic `json:"diagnostics"`
}

type jsonDiagnostic struct {
	Severity string     `json:"severity"`
	Summary  string     `json:"summary"`
	Detail   string     `json:"detail"`
	Range    *jsonRange `json:"range,omitempty"`
	Snippet  *snippet   `json:"snippet,omitempty"`
}

type jsonRange struct {
	Filename string  `json:"filename"`
	Start    jsonPos `json:"start"`
	End      jsonPos `json:"end"`
}

type jsonPos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// DiagnosticsJSON writes all diagnostics as one document in the shape of "terraform validate -json". files is as for
// Diagnostics.
func DiagnosticsJSON(w io.Writer, files map[string]*hcl.File, diags hcl.Diagnostics) error {
	doc := jsonValidation{FormatVersion: "1.0", Valid: !diags.HasErrors(), Diagnostics: []jsonDiagnostic{}}
	for _, d := range diags {
		if d.Severity == hcl.DiagWarning {
			doc.WarningCount++
		} else {
			doc.ErrorCount++
		}
		doc.Diagnostics = append(doc.Diagnostics, diagnosticJSON(files, d))
	}
	return writeIndentedJSON(w, doc)
}

func diagnosticJSON(files map[string]*hcl.File, d *hcl.Diagnostic) jsonDiagnostic {
	out := jsonDiagnostic{Severity: strings.ToLower(noticeOf(d).severity), Summary: d.Summary, Detail: d.Detail}
	if d.Subject != nil {
		at := atLeastOne(*d.Subject)
		out.Range = &jsonRange{at.Filename, jsonPos(at.Start), jsonPos(at.End)}
	}
	out.Snippet = snippetOf(files, d)
	return out
}
