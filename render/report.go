package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/plan"
)

// Report writes the result of an apply: to out what was done, in Terraform's words, and to errs what was not done,
// grouped by cause, with what to do next. The error is that of a writer.
func Report(out, errs io.Writer, r *apply.Report, s Style) error {
	if err := writeNotices(errs, reportNotices(r), s); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s\n", reportLine(r, s))
	return err
}

func reportLine(r *apply.Report, s Style) string {
	done := fmt.Sprintf("Resources: %s.", resources(doneCounts(r)))
	switch {
	case r.Interrupted:
		return s.paint("Apply interrupted!", bold, yellow) + " " + done
	case r.Failed() || r.SaveErr != nil: // a state that could not be saved has an error of its own
		return s.paint("Apply incomplete!", bold, red) + " " + done
	}
	return s.paint("Apply complete!", bold, green) + " " + s.paint(done, bold)
}

// doneCounts returns the number of changes that were done, by action.
func doneCounts(r *apply.Report) plan.Counts {
	done := plan.Plan{}
	for _, result := range r.Results {
		if result.Outcome == apply.Done && result.Change != nil {
			done.Changes = append(done.Changes, plan.Change{Action: result.Change.Action})
		}
	}
	return done.Counts()
}

// resources returns counts in Terraform's words, with imports and forgets only if there are any.
func resources(n plan.Counts) string {
	s := fmt.Sprintf("%d added, %d changed, %d destroyed", n.Create, n.Update, n.Delete)
	if n.Import > 0 {
		s = fmt.Sprintf("%d imported, ", n.Import) + s
	}
	if n.Forget > 0 {
		s += fmt.Sprintf(", %d forgotten", n.Forget)
	}
	return s
}

// cause is the changes that were not done for the same reason.
type cause struct {
	outcome apply.Outcome
	why     string // "" if there was no error
	results []apply.Result
}

// causes groups what was not done, in the order in which causes first occur.
func causes(r *apply.Report) []*cause {
	var found []*cause
	known := map[string]*cause{}
	for _, result := range r.Results {
		if result.Outcome == apply.Done {
			continue
		}
		why := causeText(result)
		id := string(result.Outcome) + "\n" + why
		if known[id] == nil {
			known[id] = &cause{outcome: result.Outcome, why: why}
			found = append(found, known[id])
		}
		known[id].results = append(known[id].results, result)
	}
	return found
}

// causeText returns the error without the name of the topic, so that changes at many topics can have the same cause.
func causeText(r apply.Result) string {
	if r.Err == nil {
		return ""
	}
	text := r.Err.Error()
	if r.Change != nil && r.Change.Key.Topic != "" {
		text = strings.ReplaceAll(text, fmt.Sprintf("%q", r.Change.Key.Topic), "the topic")
	}
	return text
}

func reportNotices(r *apply.Report) []notice {
	var found []notice
	for _, c := range causes(r) {
		found = append(found, c.notice())
	}
	return found
}

func (c *cause) notice() notice {
	n := len(c.results)
	var summary, advice string
	severity := severityError
	switch c.outcome {
	case apply.Failed:
		summary, advice = Count(n, "message")+" failed", "The next plan includes them again."
	case apply.Conflicted:
		summary = Count(n, "topic") + " changed since the plan was made"
		advice = "Somebody else published there, so nothing was overwritten. Plan again and review what is live now."
	case apply.Skipped:
		summary = Count(n, "change") + " skipped"
		advice = "They depend on changes that were not done. Fix the cause, then plan and apply again."
	case apply.Cancelled:
		severity = severityWarning
		summary = Count(n, "change") + " not begun"
		advice = "The run ended before they began. Apply again to continue: what was done is recorded."
	default:
		summary = Count(n, "change") + " not done: " + string(c.outcome)
	}
	detail := advice
	if c.why != "" && !strings.Contains(summary, c.why) {
		detail = "Cause: " + c.why + ".\n" + advice
	}
	return notice{severity, summary, detail + c.list()}
}

// list returns the first topics of a cause, those of a conflict with both sides.
func (c *cause) list() string {
	var b strings.Builder
	for _, r := range c.results[:min(len(c.results), listed)] {
		if r.Change == nil {
			continue
		}
		b.WriteString("\n  - " + quote(r.Change.Key.Topic) + " (" + addressOf(r.Change) + ")")
		if c.outcome == apply.Conflicted {
			writeConflict(&b, r)
		}
	}
	if left := len(c.results) - listed; left > 0 {
		fmt.Fprintf(&b, "\n  - ... and %s more", number(left))
	}
	return b.String()
}

func writeConflict(b *strings.Builder, r apply.Result) {
	texts := compare([]side{{"planned on", r.Change.Before}, {"live now", r.Live}}, 100)
	fmt.Fprintf(b, "\n      planned on: %s\n      live now:   %s", texts[0], texts[1])
}
