package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
)

// notice is one warning or error in words: whatever raised it, all look alike.
// Its texts may hold content from outside; they are escaped when written.
type notice struct {
	severity string // "Error" or "Warning"
	summary  string
	detail   string // lines; a line that starts with a space is not wrapped
}

const (
	severityError   = "Error"
	severityWarning = "Warning"
)

// planNotices are the warnings and refusals of a plan, in that order. Left out are
// warnings that the reader has before the plan.
func planNotices(p *plan.Plan, known ...plan.WarningKind) []notice {
	var found []notice
	if p.Refreshed && !p.Complete && len(p.Reasons) > 0 {
		found = append(found, notice{severityWarning, "There may be more undeclared messages",
			"What is live was not seen whole, so that only the undeclared messages listed here are known:" + bullets(p.Reasons)})
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
	switch w.Kind {
	case plan.WarnUnreadable:
		n.summary = fmt.Sprintf("Broker %s cannot read back every field", w.Broker)
		n.detail = fmt.Sprintf("%s cannot be checked live: they are compared with the recorded state, so a change made elsewhere stays unseen.", strings.Join(w.Fields.Names(), ", "))
	case plan.WarnUnseen:
		n.summary = fmt.Sprintf("Nothing of what is recorded on broker %s was seen there", w.Broker)
		n.detail = "That is rarely somebody's change. More likely this user may not read these topics (a broker grants such a subscription all the same), or the broker lost its retained messages, by a restart without persistence for example. Check that before you apply: every message would be published again." + topicList(w.Topics)
	case plan.WarnExpiring:
		n.summary = Count(len(w.Topics), "message") + " will expire"
		n.detail = "The broker drops a message when its message_expiry has passed. Set renew_before to have it published again in time:" + topicList(w.Topics)
	case plan.WarnUnchecked:
		n.summary = fmt.Sprintf("%s taken over unchecked from broker %s", Count(len(w.Topics), "message"), w.Broker)
		n.detail = fmt.Sprintf("They are live and look as declared, but %s cannot be read back and may differ. Pass -republish to be sure:%s", strings.Join(w.Fields.Names(), ", "), topicList(w.Topics))
	case plan.WarnUnscanned:
		n.summary = "Undeclared messages were not looked for"
		n.detail = "-refresh=false reads no broker, so what is live and not declared within these exclusive filters is not listed. A plan that reads the broker deletes it:" + topicList(w.Topics)
	case plan.WarnUnmatched:
		n.summary = "A selection takes in nothing"
		n.detail = "No declared or recorded message is selected by:" + topicList(w.Topics)
	case plan.WarnCheck:
		n.summary = "Check block assertion failed"
		if len(w.Failed) > 1 {
			n.summary = number(len(w.Failed)) + " check block assertions failed"
		}
		n.detail = "The configuration says itself that something is not as it should be; nothing is held back:" + bullets(w.Failed[:min(len(w.Failed), listed)]) + more(len(w.Failed))
	case plan.WarnUnkeyed:
		n.summary = "Sensitive values before the first state"
		n.detail = "The key of sensitive digests is made with the state, at the first apply. Until then the token and a saved plan hold sensitive payloads in their redacted form only, and do not change with the value."
	case plan.WarnRestored:
		n.summary = "The configuration declares otherwise for " + Count(len(w.Topics), "topic") + " of the backup"
		n.detail = "The next apply replaces or deletes there again what is restored now. Change the configuration before it:" + topicList(w.Topics)
	case plan.WarnTargeted:
		n.summary = "Only a part of the configuration is planned"
		n.detail = "-target or -exclude is in use: what they leave out is neither compared nor changed. Plan again without them before you rely on the result."
	default:
		n.summary = "Warning of kind " + string(w.Kind)
		n.detail = strings.TrimSpace(topicList(w.Topics))
	}
	return n
}

// refusalNotice says what apply will not do, about which topics, and what to do.
func refusalNotice(p *plan.Plan, r plan.Refusal) notice {
	n := len(r.Topics)
	list := refusedList(r)
	switch r.Kind {
	case plan.RefuseUnmanaged:
		return notice{"", "Apply would overwrite " + Count(n, "message") + " that retainctl did not publish",
			"These declared topics hold a live message that differs and that no state records. Declare what is live to take it over without a publish, " +
				"or pass -overwrite-unmanaged to replace it:" + list}
	case plan.RefuseUnread:
		return notice{"", Count(n, "topic") + " could not be read",
			"Whether a message is live there is unknown, so nothing can be planned. Check the connection and the right to subscribe, then plan again:" + list}
	case plan.RefuseConflict:
		return notice{"", Count(n, "topic") + " changed while an apply was interrupted",
			"The live message is neither the recorded one nor the one that the interrupted apply was publishing. Pass -overwrite-unmanaged to publish what is declared:" + list}
	case plan.RefusePending:
		return notice{"", "An interrupted apply must be settled first",
			"An earlier apply may have published to " + Count(n, "topic") + ", and -refresh=false does not look. Plan without -refresh=false:" + list}
	case plan.RefuseUnknown:
		return notice{"", "What is to be sent along is not known to a plan without a refresh",
			"ignore_changes sends along what is live, and the state hides that of " + Count(n, "message") + ", since it is sensitive. Plan without -refresh=false:" + list}
	case plan.RefusePreventDestroy:
		return notice{"", Count(n, "message") + " must not be destroyed",
			"prevent_destroy was set for them, and it holds when the block is gone. Declare them again, or set prevent_destroy = false and apply that before you remove them:" + list}
	case plan.RefuseProtect:
		return notice{"", Count(n, "message") + " must not be deleted",
			"Protect blocks forbid to delete what matches them. Declare these messages again, let a removed block leave them on the broker, or narrow the protect filter:" + list}
	case plan.RefuseForget:
		return notice{"", Count(n, "message") + " would be forgotten and then deleted",
			"on_destroy = \"forget\" leaves them on the broker, where the next plan would delete them as undeclared messages of an exclusive block. Add a removed block with their topics, or an except filter to the exclusive block:" + list}
	case plan.RefuseLimits:
		return notice{"", Count(n, "message") + " would be refused by the broker",
			"It announced, when it was asked, that it takes no such message. Declare another one, or raise the broker's limit:" + list}
	case plan.RefuseUnseen:
		return notice{"", "Nothing of what is recorded on a broker was seen there",
			"Accepting that would forget " + Count(n, "message") + ". More likely this user may not read these topics, or the broker lost its retained messages. " +
				"Where they really are gone, \"retainctl state rm FILTER\" forgets them:" + list}
	case plan.RefuseMaxDeletes:
		return maxDeletesNotice(p.Deletes, list)
	case plan.RefuseEmpty:
		return notice{"", "Nothing is declared",
			"The configuration declares no message, and the state records some, or an exclusive filter takes some in: applying this would delete them all. Check the folder and the variables. " +
				"To delete everything, run \"retainctl destroy\" or pass -max-deletes=100%." + list}
	}
	return notice{"", "Refused: " + string(r.Kind), strings.TrimSpace(list)}
}

func maxDeletesNotice(d plan.DeleteBudget, list string) notice {
	return notice{"", "The plan deletes more than max_deletes allows",
		fmt.Sprintf("It deletes %s of %s managed messages, and max_deletes is %s. If that is meant, pass -max-deletes=%d, or raise max_deletes in the retainctl block.",
			number(d.Deletes), number(d.Managed), limit(d), d.Deletes) + list}
}

func limit(d plan.DeleteBudget) string {
	if d.Limit.Percent {
		return fmt.Sprintf("%d%%", d.Limit.Number)
	}
	return number(d.Limit.Number)
}

// listed is how many topics a notice names.
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

// writeSides shows what a refused topic holds on each side that is known.
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

// compare gives each side on one line: its payload, or where the payloads do not
// tell the sides apart, every field that is set.
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
