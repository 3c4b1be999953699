package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// Format is how a result is written: the value of the -format flag. Other values are errors.
type Format string

// The formats.
const (
	Text     Format = "text"
	JSON     Format = "json"
	Markdown Format = "markdown"
	HTML     Format = "html"
)

// format is a row of the list of formats. Its writers are in the file of its name.
type format struct {
	Format
	title    string // in the middle of a sentence
	shortens bool   // whether PlanOptions.MaxBytes applies
	plan     func(io.Writer, *plan.Plan, PlanOptions) error
	state    func(io.Writer, *state.Snapshot) error
}

// formats is the list that flags, completion, messages and documents are made from. A new format is a constant and a
// row here, and a file with its writers.
func formats() []format {
	return []format{
		{Text, "text", true, planText, stateText},
		{JSON, "JSON", false, planJSON, stateJSON},
		{Markdown, "markdown", true, planMarkdown, stateMarkdown},
		{HTML, "HTML", false, planHTML, stateHTML},
	}
}

func rowOf(f Format) (format, error) {
	for _, row := range formats() {
		if row.Format == f {
			return row, nil
		}
	}
	return format{}, fmt.Errorf("unknown format %q", string(f))
}

// Formats lists all formats.
func Formats() []Format {
	var all []Format
	for _, row := range formats() {
		all = append(all, row.Format)
	}
	return all
}

// FormatNamed returns the format of that name, and reports whether there is one.
func FormatNamed(name string) (Format, bool) {
	_, err := rowOf(Format(name))
	return Format(name), err == nil
}

// Shortens reports whether PlanOptions.MaxBytes shortens the format. JSON and HTML documents cannot be cut.
func (f Format) Shortens() bool {
	row, _ := rowOf(f)
	return row.shortens
}

// FormatTitles returns the names of the formats that MaxBytes shortens, or of those that it does not, for a sentence:
// "text and markdown". The conjunction is written before the last.
func FormatTitles(shortens bool, conjunction string) string {
	var titles []string
	for _, row := range formats() {
		if row.shortens == shortens {
			titles = append(titles, row.title)
		}
	}
	return enumerate(titles, conjunction)
}

// FormatChoice returns the values of the -format flag as its help shows them: "text|json|markdown|html".
func FormatChoice() string { return strings.Join(names(), "|") }

// FormatNames returns the same values for a sentence: "text, json, markdown or html".
func FormatNames() string { return enumerate(names(), "or") }

func names() []string {
	var all []string
	for _, f := range Formats() {
		all = append(all, string(f))
	}
	return all
}

// enumerate joins words with commas, and the last with the conjunction.
func enumerate(words []string, conjunction string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// Plan writes a plan in a format. It fails if the format is unknown, or with the error of w.
func Plan(w io.Writer, f Format, p *plan.Plan, o PlanOptions) error {
	row, err := rowOf(f)
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return row.plan(w, p, o)
}

// State writes what the state records, in a format. A nil snapshot is an empty state. It fails as Plan does.
func State(w io.Writer, f Format, s *state.Snapshot) error {
	if s == nil {
		s = &state.Snapshot{}
	}
	row, err := rowOf(f)
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return row.state(w, s)
}
