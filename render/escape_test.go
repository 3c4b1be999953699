package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, ünï ✓":        "plain text, ünï ✓",
		"\x1b[31mred":              `\u001b[31mred`,
		"a\nb\tc\rd\x00":           `a\nb\tc\rd\u0000`,
		"\x7f\u0085\u009b":         `\u007f\u0085\u009b`,
		"user\u202etxt.exe":        `user\u202etxt.exe`,
		"a\u200bb\u2028c\ufeff":    `a\u200bb\u2028c\ufeff`,
		"\xff\xfeok":               `\xff\xfeok`,
		"\U000e0041":               `\U000e0041`,
		"::add-mask::x":            `\u003a:add-mask::x`,
		" \u00a0::set-output::":    " \u00a0" + `\u003a:set-output::`,
		"a::b":                     "a::b",
		"x ##[error]y":             `x \u0023#[error]y`,
		"##vso[task.setvariable]a": `\u0023#vso[task.setvariable]a`,
		"## a heading":             "## a heading",
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := quote("a\"b\\c\n"), `"a\"b\\c\n"`; got != want {
		t.Errorf("quote returns %s, want %s", got, want)
	}
}

func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"a", "\x1b[0m", "::x", "##[x]", "\u202e", "\xff", "####vso["} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Escape(s)
		if bad := unsafeText(got); bad != "" {
			t.Errorf("Escape(%q) = %q: %s", s, got, bad)
		}
		if again := Escape(got); again != got {
			t.Errorf("escaping %q twice returns %q", got, again)
		}
	})
}

// ciCommand matches what GitHub and Azure runners act on.
var ciCommand = regexp.MustCompile(`(?m)^\s*::|##[a-z]*\[`)

// unsafeText returns what a text contains that is unsafe to print, or "". Line breaks are safe.
func unsafeText(s string) string {
	switch bad := strings.IndexFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }); {
	case !utf8.ValidString(s):
		return "invalid UTF-8"
	case bad >= 0:
		return "a raw control character: " + strings.ToValidUTF8(s[max(0, bad-20):min(len(s), bad+20)], "?")
	case ciCommand.MatchString(s):
		return "a command of a CI runner: " + ciCommand.FindString(s)
	}
	return ""
}

// hostile draws text that somebody could send to deceive a reviewer.
func hostile(t *rapid.T, label string) string {
	parts := rapid.SliceOfN(rapid.SampledFrom([]string{
		"a", "/", " ", "\n", "\r", "\t", "\x1b[2J", "\x00", "\x9b", "\u202e", "\u2066", "\u2028", "\xff",
		"::add-mask::", "##[error]", "##vso[", "##",
		"```", "~~~", "</details>", "</code>", "<script>", "&lt;", "\"", "'", "\\", "|", "[x](javascript:y)", "![i](http://e)", "@me", "*", "_",
		"http://evil.example/x", "www.evil.example", "a@evil.example", "<!--", "-->", "~~", "[^1]", "[ ]", "|", "---", "===",
		"    ", "- ", "1. ", "> ", "<", ">", "&#x3c;", ":smile:", "$$", "https://",
		"section_start:1560896352:x\r\x1b[0K", "\x1b]8;;http://e\x1b\\", "\x1b]52;c;eA==\x07", "::error::",
		"\u200d", "\ufeff", "\u2067", "\u009d",
		"# message.x will be destroyed", "Error: ", "Plan: 1 to add, 0 to change, 0 to destroy.", "No changes.", "$", "{{.}}", "EOT", "é",
	}), 0, 6).Draw(t, label)
	return strings.Join(parts, "")
}

func hostileMessage(t *rapid.T) *mqtt.Message {
	text := hostile(t, "payload")
	if rapid.Bool().Draw(t, "json") {
		doc, _ := json.Marshal(map[string]string{hostile(t, "key"): text})
		text = string(doc)
	}
	return &mqtt.Message{
		Topic: hostile(t, "topic"), Payload: []byte(text), ContentType: hostile(t, "type"), ResponseTopic: hostile(t, "response"),
		CorrelationData: []byte(hostile(t, "correlation")),
		UserProperties:  []mqtt.UserProperty{{Name: hostile(t, "name"), Value: hostile(t, "value")}},
	}
}

func hostilePlan(t *rapid.T) *plan.Plan {
	p := emptyPlan()
	p.Brokers[0].Address, p.Brokers[0].Description, p.Brokers[0].Name = hostile(t, "address"), hostile(t, "description"), hostile(t, "broker")
	p.Complete, p.Reasons = false, []string{hostile(t, "why")}
	for range rapid.IntRange(1, 6).Draw(t, "changes") {
		a := rapid.SampledFrom(actions).Draw(t, "action")
		c := change(a, plan.Config, "x", "k", hostileMessage(t), hostileMessage(t))
		c.Key.Topic, c.File, c.Address, c.Name = hostile(t, "topic"), hostile(t, "file"), hostile(t, "address"), hostile(t, "name")
		p.Changes = append(p.Changes, c)
	}
	key := state.Key{Broker: lab, Topic: hostile(t, "refused")}
	p.Refusals = []plan.Refusal{{Kind: plan.RefuseConflict, Topics: []plan.Refused{{
		Key: key, Address: hostile(t, "a"), File: hostile(t, "f"), Cause: hostile(t, "cause"), Live: hostileMessage(t),
	}}}}
	p.Warnings = []plan.Warning{{Kind: plan.WarnExpiring, Topics: []string{hostile(t, "expiring")}}}
	p.Protected = []plan.Protected{{Key: state.Key{Broker: lab, Topic: hostile(t, "protected")}, Broker: "lab", By: hostile(t, "by")}}
	return p
}

func draw(t *rapid.T, f Format, p *plan.Plan, o PlanOptions) string {
	var b bytes.Buffer
	if err := Plan(&b, f, p, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// reviewed matches what review tools act on. Only retainctl itself may write it.
var reviewed = regexp.MustCompile(`(?m)^(Error: |Plan: \d|No changes\.| *# .* will be (created|destroyed)$)`)

func TestHostileContentInText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := hostilePlan(t)
		n := p.Counts()
		for _, verbose := range []bool{false, true} {
			text := draw(t, Text, p, PlanOptions{Verbose: verbose})
			if bad := unsafeText(text); bad != "" {
				t.Fatalf("text holds %s:\n%s", bad, text)
			}
			if got, most := len(reviewed.FindAllString(text, -1)), n.Create+n.Delete+1; got > most {
				t.Fatalf("content forged a line for review tools (%d, at most %d are ours):\n%s", got, most, text)
			}
		}
		doc := draw(t, JSON, p, PlanOptions{})
		if !json.Valid([]byte(doc)) {
			t.Fatalf("not JSON: %s", doc)
		}
	})
}

func TestHostileContentInHTML(t *testing.T) {
	tags := regexp.MustCompile(`<[^>]*>`)
	known := regexp.MustCompile(`^</?(!doctype|html|head|body|meta|title|style|h1|h2|p|table|tr|th|td|` +
		`code|pre|span|div|details|summary|strong)\b[^<]*>$`)
	rapid.Check(t, func(t *rapid.T) {
		page := draw(t, HTML, hostilePlan(t), PlanOptions{Title: hostile(t, "title")})
		if bad := unsafeText(page); bad != "" {
			t.Fatalf("the page holds %s", bad)
		}
		for _, tag := range tags.FindAllString(page, -1) {
			if !known.MatchString(tag) {
				t.Fatalf("content wrote the tag %s", tag)
			}
		}
		if opened, closed := strings.Count(page, "<details"), strings.Count(page, "</details>"); opened != closed {
			t.Fatalf("%d details are opened and %d closed", opened, closed)
		}
	})
}

func TestHostileContentInMarkdown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		page := draw(t, Markdown, hostilePlan(t), PlanOptions{Title: hostile(t, "title")})
		if bad := unsafeText(page); bad != "" {
			t.Fatalf("the page holds %s", bad)
		}
		fence := ""
		for _, text := range strings.Split(page, "\n") {
			trimmed := strings.TrimLeft(text, " ")
			switch {
			case fence != "" && strings.TrimRight(trimmed, " ") == fence:
				fence = ""
			case fence != "": // anything is harmless there
			case strings.HasPrefix(text, "```") && strings.HasSuffix(text, "diff"):
				fence = strings.TrimSuffix(text, "diff")
			case strings.Contains(text, "```"), strings.Contains(text, "<script"), strings.Contains(text, "]("):
				t.Fatalf("markup outside of a fence: %q", text)
			}
		}
		if fence != "" {
			t.Fatalf("a fence stays open:\n%s", page)
		}
		if opened, closed := strings.Count(page, "\n<details>"), strings.Count(page, "\n</details>"); opened != closed {
			t.Fatalf("%d details are opened and %d closed", opened, closed)
		}
	})
}

func TestHostileContentElsewhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		Error(&b, hostile(t, "summary"), hostile(t, "detail"), Style{Width: rapid.IntRange(0, 60).Draw(t, "width")})
		c := change(plan.Update, plan.Config, "x", "k", hostileMessage(t), hostileMessage(t))
		c.Key.Topic, c.Address = hostile(t, "topic"), hostile(t, "address")
		report := &apply.Report{Results: []apply.Result{
			{Change: &c, Outcome: apply.Failed, Err: errors.New(hostile(t, "error"))},
			{Change: &c, Outcome: apply.Conflicted, Live: hostileMessage(t)},
		}}
		Report(&b, &b, report, Style{})
		key := state.Key{Broker: lab, Topic: hostile(t, "key")}
		snapshot := &state.Snapshot{Records: map[state.Key]state.Record{
			key: {Address: hostile(t, "recorded"), Sealed: state.Sealed{Message: *hostileMessage(t)}},
		}}
		State(&b, Text, snapshot)
		State(&b, Markdown, snapshot)
		StateList(&b, snapshot, []state.Key{key})
		StateTable(&b, snapshot, []state.Key{key})
		source := "message \"x\" {\n  topic = \"" + strings.ReplaceAll(hostile(t, "source"), `"`, "") + "\"\n}\n"
		parser := hclparse.NewParser()
		_, diags := parser.ParseHCL([]byte(source), "a.retain.hcl")
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: hostile(t, "summary"), Detail: hostile(t, "detail"),
			Subject: &hcl.Range{Filename: "a.retain.hcl", Start: hcl.InitialPos, End: hcl.Pos{Line: 9, Column: 9, Byte: len(source) + 3}},
		})
		Diagnostics(&b, parser.Files(), diags, DiagnosticsOptions{})
		text := strings.ReplaceAll(b.String(), "\t", " ") // between the columns of a list
		if bad := unsafeText(text); bad != "" {
			t.Fatalf("the output holds %s:\n%s", bad, text)
		}
	})
}

// TestJSONIsSafeToPrint checks that documents and events contain nothing that a terminal or a CI runner would act on,
// and that they decode to the original text.
func TestJSONIsSafeToPrint(t *testing.T) {
	const nasty = "\u009b31m \u007f \u0085 \u202e \U000e0041 \\##vso[task.x]y ##[error]z ## # é"
	p := emptyPlan()
	p.Changes = []plan.Change{change(plan.Create, plan.Added, "x", nasty, nil, message("", nasty))}
	var doc, events bytes.Buffer
	if err := Plan(&doc, JSON, p, PlanOptions{}); err != nil {
		t.Fatal(err)
	}
	NewEvents(&events, "1", time.Now).Plan(p)
	for name, b := range map[string][]byte{"document": doc.Bytes(), "events": events.Bytes()} {
		if i := bytes.IndexFunc(b, unprintable); i >= 0 {
			t.Errorf("the %s prints %q raw", name, b[i:i+4])
		}
		for _, command := range []string{"##vso[", "##["} {
			if bytes.Contains(b, []byte(command)) {
				t.Errorf("the %s holds %q", name, command)
			}
		}
	}
	var read struct {
		ResourceChanges []struct {
			Change struct{ After struct{ Payload string } }
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(doc.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	if got := read.ResourceChanges[0].Change.After.Payload; got != nasty {
		t.Errorf("the payload reads back as %q, want %q", got, nasty)
	}
}

func unprintable(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }
