package render

import (
	"bufio"
	"fmt"
	"io"

	"github.com/retainctl/retainctl/plan"
)

// planText writes a plan for a terminal, in Terraform's wording: review tools
// read the headings and the last line.
func planText(w io.Writer, p *plan.Plan, o PlanOptions) error {
	out := &textPlan{Writer: bufio.NewWriter(w), plan: p, PlanOptions: o}
	for _, b := range p.Brokers {
		fmt.Fprintln(out, brokerLine(b))
	}
	if p.HasChanges() {
		out.changes()
	}
	out.notices()
	out.summary()
	out.hints()
	return out.Flush()
}

type textPlan struct {
	*bufio.Writer
	plan *plan.Plan
	PlanOptions
}

func (t *textPlan) changes() {
	fmt.Fprint(t, "\nActions are indicated with the following symbols:\n")
	for _, a := range glyphsUsed(t.plan) {
		fmt.Fprintf(t, "  %s %s\n", t.glyph(a), legend[a])
	}
	edits, drift := sections(groupChanges(t.plan.Changes, t.Verbose))
	t.section("retainctl will perform the following actions:", edits)
	t.section("retainctl will mend what was changed outside of it:", drift)
}

func (t *textPlan) section(title string, groups []group) {
	if len(groups) == 0 {
		return
	}
	fmt.Fprintf(t, "\n%s\n", title)
	for i := range groups {
		t.group(&groups[i])
	}
}

func (t *textPlan) glyph(a plan.Action) string { return t.paint(string(a), hues[a]) }

// hues are the colours of the glyphs, which are Terraform's where it has them.
var hues = map[plan.Action]string{
	plan.Create: green, plan.Update: yellow, plan.Delete: red, plan.Import: cyan, plan.Forget: dim, plan.NoOp: "",
}

func (t *textPlan) group(g *group) {
	fmt.Fprintln(t)
	for _, head := range g.headings() {
		fmt.Fprintf(t, "  # %s\n", t.paint(head, bold))
	}
	for _, note := range g.notes() {
		fmt.Fprintf(t, "  # %s\n", note)
	}
	for _, l := range g.lines(len(t.plan.Brokers) > 1, t.limits()) {
		text := l.String()
		if l.glyph != context && t.Color {
			at := len(l.indent())
			text = text[:at] + t.glyph(l.glyph) + text[at+1:]
		}
		fmt.Fprintln(t, text)
	}
}

func (t *textPlan) notices() {
	for _, n := range planNotices(t.plan) {
		if t.CompactWarnings && n.severity == severityWarning {
			fmt.Fprintf(t, "\n%s%s\n", t.paint("Warning: ", bold, yellow), Escape(n.summary))
			continue
		}
		writeBox(t.Writer, n, nil, t.Style)
	}
}

func (t *textPlan) summary() {
	fmt.Fprintln(t)
	if settled(t.plan) {
		fmt.Fprintln(t, t.paint(noChangesHead, bold, green)+t.paint(noChangesTail, bold))
	} else {
		fmt.Fprintln(t, t.paint(planLine(t.plan.Counts()), bold))
	}
	for _, s := range []string{unchanged(t.plan), offline(t.plan)} {
		if s != "" {
			fmt.Fprintln(t, s)
		}
	}
}

func (t *textPlan) hints() {
	if t.plan.HasChanges() {
		fmt.Fprintf(t, "\nToken: %s\n", t.plan.Token())
	}
	switch {
	case t.SavedTo != "":
		fmt.Fprintf(t, "\nSaved the plan to: %[1]s\n\nTo perform exactly these actions, run:\n    retainctl apply %[2]s\n", Escape(t.SavedTo), quote(t.SavedTo))
	case t.plan.HasChanges() && t.Unsaved:
		fmt.Fprint(t, "\nThe plan was not saved. To apply exactly these actions, save it with -out=FILE, or pass the token: apply -expect=TOKEN.\n")
	}
}
