package render

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"github.com/retainctl/retainctl/plan"
)

// planText writes a plan for a terminal, in Terraform's wording, because review tools read the headings and the line of
// the counts. If it is longer than MaxBytes, bodies are left out as in Markdown.
func planText(w io.Writer, p *plan.Plan, o PlanOptions) error {
	head := textPart(p, o, (*textPlan).head)
	tail := textPart(p, o, (*textPlan).tail)
	out := bufio.NewWriter(w)
	out.Write(head)
	out.Write(fitBodies(nil, textBodies(p, o), textRoom(o.MaxBytes, len(head)+len(tail)), textCut))
	out.Write(tail)
	return out.Flush()
}

// textPart returns what one method writes.
func textPart(p *plan.Plan, o PlanOptions, write func(*textPlan)) []byte {
	t := &textPlan{plan: p, PlanOptions: o}
	write(t)
	return t.Bytes()
}

// textRoom returns the bytes that a limit leaves for the bodies. 0 is no limit.
func textRoom(limit, taken int) int {
	if limit <= 0 {
		return 0
	}
	return max(limit-taken, 1)
}

const textCut = "\n  # (shortened to fit -max-bytes: %s left out)\n"

// textBodies returns the text of each group, that of the first in each section with the section's title.
func textBodies(p *plan.Plan, o PlanOptions) []string {
	var bodies []string
	section := func(title string, groups []group) {
		for i := range groups {
			text := string(textPart(p, o, func(t *textPlan) { t.group(&groups[i]) }))
			if i == 0 {
				text = "\n" + title + "\n" + text
			}
			bodies = append(bodies, text)
		}
	}
	edits, drift := sections(groupChanges(p.Changes, o.Verbose))
	section("retainctl will perform the following actions:", edits)
	section("retainctl will revert what was changed outside of it:", drift)
	section(driftTitle, driftGroups(p, o.Verbose))
	return bodies
}

type textPlan struct {
	bytes.Buffer
	plan *plan.Plan
	PlanOptions
}

func (t *textPlan) head() {
	for _, b := range t.plan.Brokers {
		fmt.Fprintln(t, brokerLine(b))
	}
	if len(t.plan.Changes) == 0 {
		return
	}
	fmt.Fprint(t, "\nActions are indicated with the following symbols:\n")
	for _, a := range glyphsUsed(t.plan) {
		fmt.Fprintf(t, "  %s %s\n", t.glyph(a), legend[a])
	}
}

func (t *textPlan) tail() {
	t.notices()
	t.summary()
	t.hints()
}

func (t *textPlan) glyph(a plan.Action) string { return t.paint(string(a), glyphColors[a]) }

// glyphColors has Terraform's colours for the glyphs that Terraform has too.
var glyphColors = map[plan.Action]string{
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
	var known []plan.WarningKind
	if t.Diagnosed {
		known = append(known, plan.WarnCheck)
	}
	for _, n := range planNotices(t.plan, known...) {
		if t.CompactWarnings && n.severity != severityError {
			fmt.Fprintf(t, "\n%s%s\n", t.paint(n.severity+": ", bold, colors[n.severity]), Escape(n.summary))
			continue
		}
		writeBox(t, n, nil, t.Style)
	}
}

func (t *textPlan) summary() {
	fmt.Fprintln(t)
	head, tail := verdict(t.plan)
	if nothingToDo(t.plan) {
		fmt.Fprintln(t, t.paint(head, bold, green)+t.paint(tail, bold))
	} else {
		fmt.Fprintln(t, t.paint(head, bold)+tail)
	}
	for _, s := range remarks(t.plan) {
		fmt.Fprintln(t, s)
	}
}

const unsavedHint = "\nThe plan was not saved. To apply exactly these actions, save it with -out=FILE, " +
	"or pass the token: apply -expect=TOKEN.\n"

func (t *textPlan) hints() {
	if len(t.plan.Refusals) > 0 {
		fmt.Fprint(t, "Apply refuses this plan, for the reasons above.\n")
		if t.SavedTo != "" && len(t.plan.Blocked(true)) > 0 {
			fmt.Fprint(t, "It was not saved.\n")
		}
	}
	if t.plan.HasChanges() {
		fmt.Fprintf(t, "\nToken: %s\n", t.plan.Token())
	}
	switch {
	case len(t.plan.Refusals) > 0: // it cannot be applied
	case t.SavedTo != "":
		fmt.Fprintf(t, "\nSaved the plan to: %s\n", Escape(t.SavedTo))
		fmt.Fprintf(t, "\nTo perform exactly these actions, run:\n    retainctl apply %s\n", quote(t.SavedTo))
	case t.plan.HasChanges() && t.Unsaved:
		fmt.Fprint(t, unsavedHint)
	}
}
