package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// planMarkdown writes a plan for a pull request: first the counts and the notices, then the folded bodies, deletes
// first. If it is longer than MaxBytes, bodies are left out from the end, and the page says so; the summary stays.
func planMarkdown(w io.Writer, p *plan.Plan, o PlanOptions) error {
	head := markdownSummary(p, o)
	bodies := markdownGroups(p, o)
	_, err := w.Write(fitBodies(head, bodies, o.MaxBytes, markdownCut))
	return err
}

// markdownCut says what was left out.
const markdownCut = "\n> **Shortened:** the bodies of %s are left out to fit. " +
	"The text and JSON formats of the same plan show everything.\n"

// fitBodies appends as many bodies to head as fit into max bytes, and then the format cut with the number of groups
// left out. A max of 0 is no limit. The head is never shortened.
func fitBodies(head []byte, bodies []string, max int, cut string) []byte {
	whole := append(head, strings.Join(bodies, "")...)
	if max <= 0 || len(whole) <= max {
		return whole
	}
	room := max - len(cut) - len("1,000,000 groups of changes")
	out := bytes.NewBuffer(whole[:len(head)])
	for i, b := range bodies {
		if out.Len()+len(b) > room {
			return fmt.Appendf(out.Bytes(), cut, Count(len(bodies)-i, "group")+" of changes")
		}
		out.WriteString(b)
	}
	return out.Bytes()
}

func markdownSummary(p *plan.Plan, o PlanOptions) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "## %s\n\n", markdownText(title(o)))
	head, tail := verdict(p)
	fmt.Fprintf(&b, "**%s**%s\n", head, tail)
	if !nothingToDo(p) {
		fmt.Fprintln(&b)
		markdownCounts(&b, p)
	}
	for _, s := range remarks(p) {
		fmt.Fprintf(&b, "\n%s\n", markdownText(s))
	}
	for _, n := range planNotices(p) {
		fmt.Fprintf(&b, "\n> **%s:** %s\n", n.severity, markdownText(n.summary))
		if n.detail != "" {
			markdownQuote(&b, n.detail)
		}
	}
	fmt.Fprintln(&b)
	for _, broker := range p.Brokers {
		fmt.Fprintf(&b, "- %s\n", markdownText(brokerLine(broker)))
	}
	if p.HasChanges() {
		fmt.Fprintf(&b, "- Token: `%s`\n", p.Token())
	}
	return b.Bytes()
}

func title(o PlanOptions) string {
	if o.Title == "" {
		return "Plan"
	}
	return o.Title
}

// reviewOrder has the actions in the order for a reviewer: what cannot be undone comes first.
var reviewOrder = []plan.Action{plan.Delete, plan.Update, plan.Create, plan.Import, plan.Forget}

func markdownCounts(b *bytes.Buffer, p *plan.Plan) {
	if len(p.Changes) == 0 { // all refused, or a refresh-only plan
		return
	}
	total := countsByAction(p)
	drift := driftByAction(p)
	b.WriteString("| | Action | Messages | of which revert drift |\n|---|---|---:|---:|\n")
	for _, a := range reviewOrder {
		if total[a] > 0 {
			fmt.Fprintf(b, "| `%c` | %s | %s | %s |\n", a, actionNames[a], number(total[a]), number(drift[a]))
		}
	}
}

func driftByAction(p *plan.Plan) map[plan.Action]int {
	n := map[plan.Action]int{}
	for i := range p.Changes {
		if isDrift(&p.Changes[i]) {
			n[p.Changes[i].Action]++
		}
	}
	return n
}

func markdownGroups(p *plan.Plan, o PlanOptions) []string {
	groups := append(bySeverity(groupChanges(p.Changes, o.Verbose)), driftGroups(p, o.Verbose)...)
	bodies := make([]string, len(groups))
	for i := range groups {
		bodies[i] = markdownGroup(&groups[i], len(p.Brokers) > 1, o)
	}
	return bodies
}

func markdownGroup(g *group, withBroker bool, o PlanOptions) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n<details><summary><code>%s</code></summary>\n\n", markdownText(g.title()))
	var code strings.Builder
	for _, head := range g.headings() {
		fmt.Fprintf(&code, "# %s\n", head)
	}
	for _, note := range g.notes() {
		fmt.Fprintf(&code, "# %s\n", note)
	}
	for _, l := range g.lines(withBroker, o.limits()) {
		code.WriteString(diffLine(l))
	}
	fence := fenceFor(code.String())
	fmt.Fprintf(&b, "%sdiff\n%s%s\n\n</details>\n", fence, code.String(), fence)
	return b.String()
}

// diffLine puts the glyph where a diff has its mark; "!" colours an update. A context line has a space there, so that
// nothing in a payload looks like a change.
func diffLine(l line) string {
	mark := string(l.glyph)
	switch l.glyph {
	case plan.Update:
		mark = "!"
	case plan.Import, plan.Forget:
		mark = " "
	}
	return strings.TrimRight(mark+" "+strings.Repeat("  ", l.depth)+l.content(), " ") + "\n"
}

// fenceFor returns a fence that is longer than any run of backticks in code.
func fenceFor(code string) string {
	longest, run := 0, 0
	for _, r := range code {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	return strings.Repeat("`", max(3, longest+1))
}

// markdownText escapes a text that Markdown then shows literally. Every character that Markdown or HTML could read as
// markup inside a line becomes an entity, and so does the dot of "www.", which GitHub would make a link of. At the
// start of a line use markdownLine.
func markdownText(s string) string {
	var b strings.Builder
	s = Escape(s)
	for i, r := range s {
		if strings.ContainsRune("\\`*_{}[]<>#|&~@:", r) || r == '.' && i >= 3 && strings.EqualFold(s[i-3:i], "www") {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// markdownLine is markdownText for the start of a line, where "---" would be a rule and "1." a list.
func markdownLine(s string) string {
	text := markdownText(s)
	if text == "" || !strings.ContainsRune("-+=0123456789", rune(text[0])) {
		return text
	}
	return fmt.Sprintf("&#%d;%s", text[0], text[1:])
}

// markdownQuote writes a detail below its summary in the same quotation. An empty line precedes a list, because an
// empty item would make a heading of the line above.
func markdownQuote(b *bytes.Buffer, detail string) {
	listed := false
	for _, text := range strings.Split(detail, "\n") {
		item := strings.TrimLeft(text, " ")
		switch {
		case strings.HasPrefix(item, "- "):
			if !listed {
				b.WriteString(">\n")
			}
			listed = true
			fmt.Fprintf(b, "> - %s\n", markdownLine(strings.TrimLeft(item[2:], " "))) // four spaces would be code
		case strings.HasPrefix(text, "      "): // continues an item
			fmt.Fprintf(b, ">   <br>%s\n", markdownText(item))
		default:
			listed = false
			fmt.Fprintf(b, ">\n> %s\n", markdownLine(item))
		}
	}
}

func stateMarkdown(w io.Writer, s *state.Snapshot) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "## State\n\n%s recorded.\n\n", Count(len(s.Records), "message"))
	b.WriteString("| Topic | Address | Broker | Message |\n|---|---|---|---|\n")
	for _, r := range statePage(s).Records {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cell(r.Topic), cell(r.Address), cell(r.Broker), cell(r.Fields))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// cell returns code for a table. It is HTML because a code span cannot contain a "|".
func cell(text string) string {
	return "<code>" + markdownText(text) + "</code>"
}
