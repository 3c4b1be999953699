package render

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

func refused(n int) []plan.Refused {
	var topics []plan.Refused
	for i := range n {
		topics = append(topics, plan.Refused{
			Key:  state.Key{Broker: lab, Topic: fmt.Sprintf("t/%02d", i)},
			File: "main.retain.hcl", Line: i, Cause: "no answer",
		})
	}
	return topics
}

// TestRefusalsSayWhatToDo checks that each refusal names topics, counts the rest and says what to do.
func TestRefusalsSayWhatToDo(t *testing.T) {
	for kind, advice := range map[plan.RefusalKind]string{
		plan.RefuseUnmanaged:      "-overwrite-unmanaged",
		plan.RefuseUnread:         "plan again",
		plan.RefuseConflict:       "-overwrite-unmanaged",
		plan.RefusePending:        "-refresh=false",
		plan.RefuseUnknown:        "without -refresh=false",
		plan.RefusePreventDestroy: "prevent_destroy = false",
		plan.RefuseMaxDeletes:     "-max-deletes=15",
		plan.RefuseEmpty:          "-max-deletes=100%",
		plan.RefuseLimits:         "raise the broker's limit",
		plan.RefuseProtect:        "narrow the protect filter",
		plan.RefuseForget:         "Add a removed block",
	} {
		t.Run(string(kind), func(t *testing.T) {
			p := emptyPlan()
			p.Deletes = plan.DeleteBudget{Limit: spec.Threshold{Number: 30, Percent: true}, Deletes: 15, Managed: 40}
			p.Refusals = []plan.Refusal{{Kind: kind, Topics: refused(12)}}
			var b bytes.Buffer
			if err := Refusals(&b, p, Style{Width: 1000}); err != nil {
				t.Fatal(err)
			}
			text := b.String()
			for _, want := range []string{"\nError: ", advice, `"t/09"`, "main.retain.hcl:9", "no answer", "... and 2 more"} {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing from\n%s", want, text)
				}
			}
			if strings.Contains(text, "t/10") {
				t.Errorf("more than ten topics are listed:\n%s", text)
			}
			if shown := shown(t, Text, p, PlanOptions{}); !strings.Contains(shown, "\nWarning: ") || strings.Contains(shown, "No changes.") {
				t.Errorf("the plan is shown as\n%s", shown)
			}
		})
	}
}

func TestWarningsSayWhatToDo(t *testing.T) {
	for kind, want := range map[plan.WarningKind]string{
		plan.WarnUnreadable: "message_expiry cannot be checked live",
		plan.WarnExpiring:   "renew_before",
		plan.WarnUnkeyed:    "at the first apply",
		plan.WarnTargeted:   "-target or -exclude",
		plan.WarnUnchecked:  "-republish",
		plan.WarnUnplaced:   "List payload in ignore_changes",
		plan.WarnUnmatched:  `"t/1"`,
		plan.WarnUnscanned:  "-refresh=false reads no broker",
		plan.WarnIdle:       `protect.a at main.retain.hcl:3: "t/1", "t/*"`,

		plan.WarnIdleIgnored: `ignore_changes has 2 paths that no message has`,
	} {
		p := emptyPlan()
		p.Warnings = []plan.Warning{{Kind: kind, Broker: "lab", Fields: mqtt.FieldExpiry, Topics: []string{"t/1"}, Idle: []plan.Idle{{Address: "protect.a", Filters: []string{"t/1", "t/*"}, File: "main.retain.hcl", Line: 3}}}}
		if text := shown(t, Text, p, PlanOptions{Style: Style{Width: 1000}}); !strings.Contains(text, want) {
			t.Errorf("%s lacks %q:\n%s", kind, want, text)
		}
		compact := shown(t, Text, p, PlanOptions{CompactWarnings: true})
		if strings.Contains(compact, want) && kind != plan.WarnUnmatched && kind != plan.WarnIdleIgnored || !strings.Contains(compact, "\nWarning: ") && !strings.Contains(compact, "\nNote: ") {
			t.Errorf("%s, compact:\n%s", kind, compact)
		}
	}
}

func TestIncompleteObservationIsReported(t *testing.T) {
	p := emptyPlan()
	p.Complete, p.Reasons = false, []string{"broker lab sent no end of its scan"}
	for _, f := range []Format{Text, Markdown, HTML} {
		page := shown(t, f, p, PlanOptions{})
		if !strings.Contains(page, "There may be more undeclared messages") || !strings.Contains(page, "sent no end of its scan") {
			t.Errorf("%s does not say so:\n%s", f, page)
		}
	}
}

// TestWhatToDoNext checks that a plan says how to apply it only if it can be applied.
func TestWhatToDoNext(t *testing.T) {
	p := fleet(1, func(int) int { return 21 })
	if text := shown(t, Text, p, PlanOptions{SavedTo: "my plan"}); !strings.HasSuffix(text, "    retainctl apply \"my plan\"\n") {
		t.Errorf("a saved plan ends in\n%s", text)
	}
	if text := shown(t, Text, p, PlanOptions{Unsaved: true}); !strings.Contains(text, "save it with -out=FILE") {
		t.Errorf("an unsaved plan ends in\n%s", text)
	}
	if text := shown(t, Text, p, PlanOptions{}); !strings.HasSuffix(text, "Token: "+p.Token()+"\n") {
		t.Errorf("a plan that apply continues with ends in\n%s", text)
	}
	p.Refusals = []plan.Refusal{{Kind: plan.RefuseMaxDeletes}}
	text := shown(t, Text, p, PlanOptions{SavedTo: "plan"})
	if !strings.Contains(text, "Apply refuses this plan") || strings.Contains(text, "retainctl apply") {
		t.Errorf("a refused plan ends in\n%s", text)
	}
}

func TestNoChanges(t *testing.T) {
	p := emptyPlan()
	p.NoOps, p.Cosmetic = 3, 1
	text := shown(t, Text, p, PlanOptions{Unsaved: true})
	want := "\nNo changes. Your infrastructure matches the configuration.\n" +
		"3 messages already as declared, 1 of them in another spelling of the same values.\n"
	if !strings.HasSuffix(text, want) {
		t.Errorf("the plan is shown as\n%s", text)
	}
}

func TestMaxBytesIsKept(t *testing.T) {
	p := fleet(400, func(i int) int { return 21 + i%9 })
	for i := range p.Changes { // nine groups for each of many blocks
		p.Changes[i].Reasons = []plan.Reason{plan.Config, plan.Reason(fmt.Sprint(i % 40))}
	}
	for f, mark := range map[Format]string{Markdown: "**Shortened:**", Text: "(shortened to fit"} {
		whole := shown(t, f, p, PlanOptions{})
		for _, max := range []int{2000, 10_000, 30_000, len(whole)} {
			page := shown(t, f, p, PlanOptions{MaxBytes: max})
			if len(page) > max {
				t.Errorf("%s: %d bytes exceed the limit of %d", f, len(page), max)
			}
			if !strings.Contains(page, planLine(p.Counts())) {
				t.Errorf("%s: the summary was cut at %d bytes", f, max)
			}
			if short := len(page) < len(whole); short != strings.Contains(page, mark) {
				t.Errorf("%s: at %d bytes the page does not say whether it is complete", f, max)
			}
			if opened, closed := strings.Count(page, "<details>"), strings.Count(page, "</details>"); opened != closed {
				t.Errorf("%s: at %d bytes a body is cut in two", f, max)
			}
		}
		tiny := shown(t, f, p, PlanOptions{MaxBytes: 10})
		if !strings.Contains(tiny, planLine(p.Counts())) || !strings.Contains(tiny, mark) {
			t.Errorf("%s: with an impossible limit the summary is missing:\n%s", f, tiny)
		}
	}
}

// TestSidesThatLookAlike checks that two sides of a conflict are never shown as the same text: if the payloads are
// equal, the other fields are shown.
func TestSidesThatLookAlike(t *testing.T) {
	live, declared := message("a", "on"), message("a", "on")
	live.ContentType, declared.ContentType = "text/plain", "text/html"
	p := emptyPlan()
	p.Refusals = []plan.Refusal{{Kind: plan.RefuseUnmanaged, Fatal: true, Topics: []plan.Refused{
		{Key: state.Key{Broker: lab, Topic: "a"}, Live: live, Planned: declared},
		{Key: state.Key{Broker: lab, Topic: "b"}, Cause: "no answer"},
		{Key: state.Key{Broker: lab, Topic: "c"}, Live: message("c", "alone")},
	}}}
	text := shown(t, Text, p, PlanOptions{SavedTo: "p"})
	for _, want := range []string{
		`live:     qos = 1, payload = "on", content_type = "text/plain"`, `content_type = "text/html"`,
		"It was not saved.", "live:     \"alone\"\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing from\n%s", want, text)
		}
	}
	if page := shown(t, Markdown, p, PlanOptions{}); strings.Contains(page, "| Action |") || !strings.Contains(page, ">   <br>live") {
		t.Errorf("the page is\n%s", page)
	}
}
