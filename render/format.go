package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// Format is how a result is written.
type Format string

const (
	Text     Format = "text"
	JSON     Format = "json"
	Markdown Format = "markdown"
	HTML     Format = "html"
)

// format is a row of the list of formats: its name in the middle of a sentence, whether
// PlanOptions.MaxBytes shortens it, and its writers, which are in the file of its name.
type format struct {
	Format
	title    string
	shortens bool
	plan     func(io.Writer, *plan.Plan, PlanOptions) error
	state    func(io.Writer, *state.Snapshot) error
}

// formats is the list that flags, completion, messages and documents are made from. A
// new format is a constant and a row here, and a file with its writers.
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

// FormatNamed returns the format of that name.
func FormatNamed(name string) (Format, bool) {
	_, err := rowOf(Format(name))
	return Format(name), err == nil
}

// Shortens reports whether PlanOptions.MaxBytes shortens the format: half a JSON or HTML
// document would be none.
func (f Format) Shortens() bool {
	row, _ := rowOf(f)
	return row.shortens
}

// FormatTitles returns the names of the formats that MaxBytes shortens, or of those that
// it does not, for a sentence: "text and markdown".
func FormatTitles(shortens bool, joint string) string {
	var titles []string
	for _, row := range formats() {
		if row.shortens == shortens {
			titles = append(titles, row.title)
		}
	}
	return enumerate(titles, joint)
}

// FormatChoice returns the values of a flag, as its help shows them: "text|json".
func FormatChoice() string { return strings.Join(names(), "|") }

// FormatNames returns all values of such a flag for a sentence: "text or json".
func FormatNames() string { return enumerate(names(), "or") }

func names() []string {
	var all []string
	for _, f := range Formats() {
		all = append(all, string(f))
	}
	return all
}

// enumerate joins words by commas, and the last by the joint.
func enumerate(words []string, joint string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + joint + " " + words[last]
}

// Plan writes a plan.
func Plan(w io.Writer, f Format, p *plan.Plan, o PlanOptions) error {
	row, err := rowOf(f)
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return row.plan(w, p, o)
}

// State writes what the state records. A nil snapshot is the one before the first apply.
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
