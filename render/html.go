package render

import (
	_ "embed"
	"html/template"
	"io"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

//go:embed page.html.tmpl
var pageSource string

// pageTemplate is parsed once. html/template escapes by context.
var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// page is the data of the HTML form of a plan or a state. Its texts are escaped by Escape, and by the template for
// HTML.
type page struct {
	Title    string
	Lead     string
	Brokers  []string
	Token    string
	Counts   []pageCount
	Notices  []pageNotice
	Sections []pageSection
	Records  []pageRecord
}

type pageCount struct{ Class, Glyph, Name, Number, Drift string }

type pageNotice struct {
	Class, Severity, Summary string
	Detail                   []string
}

type pageSection struct {
	Title  string
	Groups []pageGroup
}

type pageGroup struct {
	Class string
	Title string
	Notes []string
	Heads []string
	Lines []pageLine
}

type pageLine struct{ Class, Text string }

type pageRecord struct{ Topic, Address, Broker, Fields string }

// planHTML writes one self-contained page without scripts.
func planHTML(w io.Writer, p *plan.Plan, o PlanOptions) error {
	head, tail := verdict(p)
	shown := page{Title: Escape(title(o)), Lead: head + tail}
	for _, s := range remarks(p) {
		shown.Lead += " " + s
	}
	for _, b := range p.Brokers {
		shown.Brokers = append(shown.Brokers, brokerLine(b))
	}
	if p.HasChanges() {
		shown.Token = p.Token()
	}
	if len(p.Changes) > 0 {
		shown.Counts = pageCounts(p)
	}
	for _, n := range planNotices(p) {
		shown.Notices = append(shown.Notices, pageNotice{
			classes[n.severity], n.severity, Escape(n.summary), escapeLines(n.detail),
		})
	}
	edits, drift := sections(bySeverity(groupChanges(p.Changes, o.Verbose)))
	shown.section("Planned changes", edits, p, o)
	shown.section("Changed outside of retainctl, to be reverted", drift, p, o)
	shown.section("Changed outside of retainctl", driftGroups(p, o.Verbose), p, o)
	return pageTemplate.Execute(w, shown)
}

var classes = map[string]string{severityError: "error", severityWarning: "warning", severityNote: "note"}

func pageCounts(p *plan.Plan) []pageCount {
	total, drift := countsByAction(p), driftByAction(p)
	var counts []pageCount
	for _, a := range reviewOrder {
		if total[a] > 0 {
			name := actionNames[a]
			counts = append(counts, pageCount{name, string(a), name, number(total[a]), number(drift[a])})
		}
	}
	return counts
}

func (s *page) section(title string, groups []group, p *plan.Plan, o PlanOptions) {
	if len(groups) == 0 {
		return
	}
	section := pageSection{Title: title}
	for i := range groups {
		g := &groups[i]
		shown := pageGroup{Class: actionNames[g.first().Action], Title: g.title(), Notes: g.notes()}
		if len(g.changes) > 1 {
			shown.Heads = g.headings()
		}
		for _, l := range g.lines(len(p.Brokers) > 1, o.limits()) {
			class := ""
			if l.glyph != context {
				class = actionNames[l.glyph]
			}
			shown.Lines = append(shown.Lines, pageLine{class, l.String()})
		}
		section.Groups = append(section.Groups, shown)
	}
	s.Sections = append(s.Sections, section)
}

func stateHTML(w io.Writer, s *state.Snapshot) error { return pageTemplate.Execute(w, statePage(s)) }

func statePage(s *state.Snapshot) page {
	shown := page{Title: "State", Lead: Count(len(s.Records), "message") + " recorded."}
	for _, k := range sortedKeys(s.Records) {
		r := s.Records[k]
		shown.Records = append(shown.Records, pageRecord{
			Escape(k.Topic), Escape(r.Address), Escape(brokerLabel(s, k.Broker)), fieldsText(&r.Message),
		})
	}
	return shown
}
