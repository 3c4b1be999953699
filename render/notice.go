package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
)

// notice is one warning or error in words. Notices look alike, whatever raised them. Their texts may contain untrusted
// text; they are escaped when written.
type notice struct {
	severity string // "Error", "Warning" or "Note"
	summary  string
	detail   string // lines; a line that starts with a space is not wrapped
}

const (
	severityError   = "Error"
	severityWarning = "Warning"
	severityNote    = "Note" // about something that is probably well
)

// planNotices returns the warnings and refusals of a plan, in that order. Warnings of the known kinds are left out: the
// reader has seen them already.
func planNotices(p *plan.Plan, known ...plan.WarningKind) []notice {
	var found []notice
	if p.Refreshed && !p.Complete && len(p.Reasons) > 0 {
		found = append(found, notice{severityWarning, "There may be more undeclared messages",
			incompleteDetail + bullets(p.Reasons)})
	}
	for _, w := range p.Warnings {
		if !slices.Contains(known, w.Kind) {
			found = append(found, warningNotice(w))
		}
	}
	return append(found, refusalNotices(p, p.Refusals)...)
}

func refusalNotices(p *plan.Plan, refusals []plan.Refusal) []notice {
	var found []notice
	for _, r := range refusals {
		n := refusalNotice(p, r)
		n.severity = severityWarning
		if r.Fatal {
			n.severity = severityError
		}
		found = append(found, n)
	}
	return found
}

func warningNotice(w plan.Warning) notice {
	n := notice{severity: severityWarning}
	topics := topicList(w.Topics)
	switch w.Kind {
	case plan.WarnUnreadable:
		n.summary = fmt.Sprintf("Broker %s cannot read back every field", w.Broker)
		n.detail = strings.Join(w.Fields.Names(), ", ") + unreadableDetail
	case plan.WarnUnseen:
		n.summary = fmt.Sprintf("No recorded message was seen on broker %s", w.Broker)
		n.detail = unseenDetail + topics
	case plan.WarnExpiring:
		n.summary = Count(len(w.Topics), "message") + " will expire"
		n.detail = expiringDetail + topics
	case plan.WarnUnchecked:
		n.summary = fmt.Sprintf("%s adopted unchecked from broker %s", Count(len(w.Topics), "message"), w.Broker)
		n.detail = fmt.Sprintf(uncheckedDetail, strings.Join(w.Fields.Names(), ", ")) + topics
	case plan.WarnUnplaced:
		n.summary = fmt.Sprintf("Ignored paths of %s cannot be kept on broker %s", Count(len(w.Topics), "message"), w.Broker)
		n.detail = unplacedDetail + topics
	case plan.WarnUnscanned:
		n.summary = "Undeclared messages were not looked for"
		n.detail = unscannedDetail + topics
	case plan.WarnUnmatched:
		n.summary = "A selector matches nothing"
		n.detail = "No declared, recorded or undeclared message of this plan is selected by:" + topics
		if strings.Contains(strings.Join(w.Topics, ""), "*") {
			n.detail += "\n" + mqtt.StarAdvice + "."
		}
	case plan.WarnCheck:
		n.summary = "Check block assertion failed"
		if len(w.Failed) > 1 {
			n.summary = number(len(w.Failed)) + " check block assertions failed"
		}
		n.detail = checkDetail + bullets(w.Failed[:min(len(w.Failed), listed)]) + more(len(w.Failed))
	case plan.WarnUnkeyed:
		n.summary, n.detail = "Sensitive values before the first state", unkeyedDetail
	case plan.WarnRestored:
		n.summary = fmt.Sprintf("The configuration contradicts the backup at %s", Count(len(w.Topics), "topic"))
		n.detail = restoredDetail + topics
	case plan.WarnIdle, plan.WarnIdleIgnored:
		n.severity = severityNote
		n.summary, n.detail = idleText(w)
	case plan.WarnTargeted:
		n.summary, n.detail = "Only part of the configuration is planned", targetedDetail
	default:
		n.summary = "Warning of kind " + string(w.Kind)
		n.detail = strings.TrimSpace(topics)
	}
	return n
}

// idleText returns the summary and the detail of a note about filters that match nothing.
func idleText(w plan.Warning) (summary, detail string) {
	count := 0
	lines := make([]string, len(w.Idle))
	for i, idle := range w.Idle {
		count += len(idle.Filters)
		quoted := make([]string, len(idle.Filters))
		for j, filter := range idle.Filters {
			quoted[j] = quote(filter)
		}
		lines[i] = idle.Address + " at " + place(idle.File, idle.Line) + ": " + strings.Join(quoted, ", ")
	}
	detail = idleDetail
	if w.Offline {
		detail = idleOfflineDetail
	}
	summary = Count(count, "protect or except filter") + " match nothing"
	switch {
	case w.Kind == plan.WarnIdleIgnored:
		summary, detail = "ignore_changes has "+Count(count, "path")+" that no message has", idleIgnoredDetail
	case count == 1:
		summary = "A protect or except filter matches nothing"
	}
	return summary, detail + bullets(lines[:min(len(lines), listed)]) + more(len(lines))
}

// refusalNotice says what apply will not do, about which topics, and what to do. Its severity is not set.
func refusalNotice(p *plan.Plan, r plan.Refusal) notice {
	n := len(r.Topics)
	list := refusedList(r)
	switch r.Kind {
	case plan.RefuseUnmanaged:
		return notice{"", "Apply would overwrite " + Count(n, "message") + " that retainctl did not publish",
			unmanagedDetail + list}
	case plan.RefuseUnread:
		return notice{"", Count(n, "topic") + " could not be read", unreadDetail + list}
	case plan.RefuseConflict:
		return notice{"", Count(n, "topic") + " changed after an apply that did not finish there", conflictDetail + list}
	case plan.RefusePending:
		return notice{"", "An earlier apply must be settled first",
			fmt.Sprintf(pendingDetail, Count(n, "topic")) + list}
	case plan.RefuseUnknown:
		return notice{"", "Ignored live values are unknown without a refresh",
			fmt.Sprintf(unknownDetail, Count(n, "message")) + list}
	case plan.RefusePreventDestroy:
		return notice{"", Count(n, "message") + " must not be destroyed", preventDestroyDetail + list}
	case plan.RefuseProtect:
		return notice{"", Count(n, "message") + " must not be deleted", protectDetail + list}
	case plan.RefuseForget:
		return notice{"", Count(n, "message") + " would be forgotten and then deleted", forgetDetail + list}
	case plan.RefuseLimits:
		return notice{"", Count(n, "message") + " would be refused by the broker", limitsDetail + list}
	case plan.RefuseUnseen:
		return notice{"", "No recorded message was seen on a broker",
			fmt.Sprintf(acceptUnseenDetail, Count(n, "message")) + list}
	case plan.RefuseMaxDeletes:
		return maxDeletesNotice(p.Deletes, list)
	case plan.RefuseEmpty:
		return notice{"", "Nothing is declared", emptyDetail + list}
	}
	return notice{"", "Refused: " + string(r.Kind), strings.TrimSpace(list)}
}

func maxDeletesNotice(d plan.DeleteBudget, list string) notice {
	return notice{"", "The plan deletes more than max_deletes allows",
		fmt.Sprintf(maxDeletesDetail, number(d.Deletes), number(d.Managed), limit(d), d.Deletes) + list}
}

func limit(d plan.DeleteBudget) string {
	if d.Limit.Percent {
		return fmt.Sprintf("%d%%", d.Limit.Number)
	}
	return number(d.Limit.Number)
}

// listed is the number of topics that a notice names.
const listed = 10

func topicList(topics []string) string {
	quoted := make([]string, min(len(topics), listed))
	for i := range quoted {
		quoted[i] = quote(topics[i])
	}
	return bullets(quoted) + more(len(topics))
}

func refusedList(r plan.Refusal) string {
	var b strings.Builder
	for _, t := range r.Topics[:min(len(r.Topics), listed)] {
		b.WriteString("\n  - " + quote(t.Key.Topic))
		if t.Address != "" {
			b.WriteString(" " + Escape(t.Address))
		}
		if t.File != "" {
			b.WriteString(" at " + place(t.File, t.Line))
		}
		if t.Cause != "" {
			b.WriteString(": " + Escape(t.Cause))
		}
		writeSides(&b, t)
	}
	return b.String() + more(len(r.Topics))
}

// writeSides writes the recorded, the live and the declared message of a refused topic, as far as they are known.
func writeSides(b *strings.Builder, t plan.Refused) {
	var known []side
	for _, s := range []side{{"recorded", t.Recorded}, {"live", t.Live}, {"declared", t.Planned}} {
		if s.message != nil {
			known = append(known, s)
		}
	}
	for i, text := range compare(known, 60) {
		fmt.Fprintf(b, "\n      %-9s %s", known[i].name+":", text)
	}
}

// side is one of the messages that disagree about a topic.
type side struct {
	name    string
	message *mqtt.Message // nil for none
}

// compare returns each side on one line: its payload, or if all payloads are equal, every field that is set.
func compare(sides []side, max int) []string {
	short := &body{limits: limits{value: max}}
	show := func(m *mqtt.Message) string { return short.compact(m.Payload) }
	differs := func(s side) bool {
		return s.message == nil || sides[0].message == nil || !bytes.Equal(s.message.Payload, sides[0].message.Payload)
	}
	if len(sides) > 1 && !slices.ContainsFunc(sides, differs) {
		show = fieldsText
	}
	texts := make([]string, len(sides))
	for i, s := range sides {
		texts[i] = "(nothing)"
		if s.message != nil {
			texts[i] = show(s.message)
		}
	}
	return texts
}

func bullets(items []string) string {
	var b strings.Builder
	for _, item := range items {
		b.WriteString("\n  - " + Escape(item))
	}
	return b.String()
}

func more(n int) string {
	if n <= listed {
		return ""
	}
	return fmt.Sprintf("\n  - ... and %s more (-format=json lists all)", number(n-listed))
}
