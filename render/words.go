package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/retainctl/retainctl/plan"
)

// actions are in the order of the legend and of the summary line.
var actions = []plan.Action{plan.Import, plan.Create, plan.Update, plan.Delete, plan.Forget}

// legend explains the glyphs.
var legend = map[plan.Action]string{
	plan.Create: "create",
	plan.Update: "update in-place",
	plan.Delete: "destroy",
	plan.Import: "import",
	plan.Forget: "forget",
}

// outcomes complete a heading. Review tools match them to the letter.
var outcomes = map[plan.Action]string{
	plan.Create: "will be created",
	plan.Update: "will be updated in-place",
	plan.Delete: "will be destroyed",
	plan.Import: "will be imported",
	plan.Forget: "will no longer be managed; the message stays",
}

// actionNames has the names of the actions in JSON.
var actionNames = map[plan.Action]string{
	plan.NoOp:   "no-op",
	plan.Create: "create",
	plan.Update: "update",
	plan.Delete: "delete",
	plan.Import: "import",
	plan.Forget: "forget",
}

// reasons explains the reasons whose words do not depend on the action.
var reasons = map[plan.Reason]string{
	plan.Added:       "new",
	plan.Drift:       "drift: changed outside of retainctl",
	plan.Expired:     "expired: its message_expiry has passed",
	plan.Interrupted: "interrupted: an earlier apply did not finish here",
	plan.Config:      "the configuration changed",
	plan.Unmanaged:   "unmanaged: overwrites a live message that retainctl did not publish",
	plan.Expiring:    "expiring: less than renew_before remains",
	plan.Republish:   "requested by -republish",
	plan.Undeclared:  "no longer declared",
	plan.Exclusive:   "live and undeclared inside an exclusive filter",
	plan.Removed:     "forgotten: within the filter of a removed block",
	plan.Destroy:     "everything managed is destroyed",
	plan.Restored:    "restored from a backup",
}

func reasonWords(c *plan.Change) []string {
	if c.Action == plan.Import {
		return []string{"live and equal: recorded without a publish"}
	}
	words := make([]string, 0, len(c.Reasons))
	for _, r := range c.Reasons {
		switch {
		case r == plan.Drift && c.Action == plan.Create:
			words = append(words, "drift: deleted outside of retainctl")
		case reasons[r] != "":
			words = append(words, reasons[r])
		default:
			words = append(words, Escape(string(r)))
		}
	}
	return words
}

// addressOf returns the address of a change, or its topic if it has no address.
func addressOf(c *plan.Change) string {
	if c.Address == "" {
		return quote(c.Key.Topic)
	}
	return Escape(c.Address)
}

func heading(c *plan.Change) string { return addressOf(c) + " " + outcomes[c.Action] }

// maxHeadings returns how many addresses of a group are listed. It is more for deletes, which cannot be undone.
func maxHeadings(a plan.Action) int {
	if a == plan.Delete {
		return 10
	}
	return 3
}

func place(file string, line int) string { return fmt.Sprintf("%s:%d", Escape(file), line) }

// planLine returns the line of a plan with its counts, which review tools match to the letter.
func planLine(n plan.Counts) string {
	var b strings.Builder
	b.WriteString("Plan: ")
	if n.Import > 0 {
		fmt.Fprintf(&b, "%d to import, ", n.Import)
	}
	fmt.Fprintf(&b, "%d to add, %d to change, %d to destroy", n.Create, n.Update, n.Delete)
	if n.Forget > 0 {
		fmt.Fprintf(&b, ", %d to forget", n.Forget)
	}
	return b.String() + "."
}

const noChangesHead = "No changes."

// remarks returns the sentences below a plan's counts.
func remarks(p *plan.Plan) []string {
	found := []string{unchanged(p), protected(p), offline(p)}
	for _, c := range p.Costs() {
		found = append(found, cost(c))
	}
	return slices.DeleteFunc(found, func(s string) bool { return s == "" })
}

// cost says what an apply uses of the quotas of a broker.
func cost(c plan.Cost) string {
	publishes := "1 publish"
	if c.Publishes > 1 {
		publishes = number(c.Publishes) + " publishes"
	}
	text := fmt.Sprintf("Applying this to broker %s takes %s", Escape(c.Broker), publishes)
	if c.Reads > 0 {
		text += " and " + Count(c.Reads, "read")
	}
	text += fmt.Sprintf(", about %s at its quota of %g publishes a second", approximate(c.Duration), c.PublishRate)
	if c.Units > 0 {
		text += fmt.Sprintf(", metered as %s of %d KB", Count(c.Units, "unit"), c.UnitBytes>>10)
	}
	return text + "."
}

// approximate returns a duration in words: "a second", "90 seconds", "7 minutes".
func approximate(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < 2*time.Second:
		return "a second"
	case d < 2*time.Minute:
		return Count(int(d.Seconds()), "second")
	}
	return Count(int(d.Round(time.Minute).Minutes()), "minute")
}

// unchanged counts the no-ops of a plan, which it does not list. It returns "" if there are none.
func unchanged(p *plan.Plan) string {
	if p.NoOps == 0 {
		return ""
	}
	already := "already as declared"
	switch p.Mode {
	case plan.RefreshOnly:
		already = "live as recorded"
	case plan.Restore:
		already = "already as in the backup"
	}
	sentence := Count(p.NoOps, "message") + " " + already
	if p.Cosmetic > 0 {
		sentence += fmt.Sprintf(", %s of them in another spelling of the same values", number(p.Cosmetic))
	}
	return sentence + "."
}

// protected counts the undeclared messages that a plan leaves alone because of a protect block. It returns "" if there
// are none.
func protected(p *plan.Plan) string {
	n := len(p.Protected)
	if n == 0 {
		return ""
	}
	first, which := p.Protected[0], ""
	if n > 1 {
		which = "the first "
	}
	return fmt.Sprintf("Left alone because protected: %s, %s%s (%s).",
		Count(n, "undeclared message"), which, quote(first.Key.Topic), Escape(first.By))
}

// offline says that a plan was made without reading a broker. It returns "" for any other plan.
func offline(p *plan.Plan) string {
	if p.Refreshed {
		return ""
	}
	text := "The brokers were not read (-refresh=false): this compares with the recorded state only."
	for _, b := range p.Brokers {
		if b.Unpinned {
			text += fmt.Sprintf(" Broker %s was never read, so a plan that reads it has another token.", Escape(b.Name))
		}
	}
	return text
}

// brokerLine returns a broker's label, address and description.
func brokerLine(b plan.Broker) string {
	if b.Address == "" { // its arguments were not evaluated and no state knows it
		return fmt.Sprintf("Broker %s: not read (%s)", Escape(b.Name), Escape(b.Type))
	}
	s := fmt.Sprintf("Broker %s: %s", Escape(b.Name), Escape(b.Address))
	if b.Description != "" {
		s += " (" + Escape(b.Description) + ")"
	}
	return s
}

func countsByAction(p *plan.Plan) map[plan.Action]int {
	n := p.Counts()
	return map[plan.Action]int{
		plan.Import: n.Import, plan.Create: n.Create, plan.Update: n.Update,
		plan.Delete: n.Delete, plan.Forget: n.Forget,
	}
}

// glyphsUsed returns the actions that a plan has, in the order of the legend.
func glyphsUsed(p *plan.Plan) []plan.Action {
	counts := countsByAction(p)
	return slices.DeleteFunc(slices.Clone(actions), func(a plan.Action) bool { return counts[a] == 0 })
}
