package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// block is a block as "retainctl schema -json" describes it.
type block struct {
	Type      string
	Kind      string
	Labels    []string
	Arguments []argument
	Blocks    []block
}

type argument struct {
	Name, Type, Default, Limits, Doc string
	Required, Sensitive              bool
	Hidden                           bool `json:"may_be_sensitive"`
}

// language returns the description of every block, by its name in docs/language.md:
// "message.lifecycle", "broker.mqtt".
func language(t *testing.T, bin string) map[string]block {
	t.Helper()
	var doc struct {
		FormatVersion string `json:"format_version"`
		Blocks        []block
	}
	if err := json.Unmarshal([]byte(run(t, bin, "schema", "-json")), &doc); err != nil || doc.FormatVersion != "1.0" {
		t.Fatalf("%v, format %q", err, doc.FormatVersion)
	}
	all := map[string]block{}
	var add func(prefix string, blocks []block)
	add = func(prefix string, blocks []block) {
		for _, b := range blocks {
			name := strings.TrimSuffix(prefix+b.Type+"."+b.Kind, ".")
			all[name] = b
			add(name+".", b.Blocks)
		}
	}
	add("", doc.Blocks)
	return all
}

// table returns the table of a block's arguments, as it is on the page.
func (b block) table() string {
	text := "| argument | type | default | meaning | limits |\n|---|---|---|---|---|\n"
	for _, a := range b.Arguments {
		byDefault := a.Default
		switch {
		case a.Required:
			byDefault = "required"
		case isExpression.MatchString(byDefault):
			byDefault = "`" + byDefault + "`"
		}
		limits := a.Limits
		switch {
		case a.Sensitive:
			limits = strings.TrimSuffix("always sensitive; "+limits, "; ")
		case a.Hidden:
			limits = strings.TrimSuffix("may be sensitive; "+limits, "; ")
		}
		text += fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", a.Name, a.Type, byDefault, a.Doc, limits)
	}
	return text
}

var (
	isExpression = regexp.MustCompile(`^("[^"]*"|[0-9]+|true|false)$`)
	tableMarks   = regexp.MustCompile(`(?s)(<!-- table: ([a-z0-9_.]+) -->\n).*?(<!-- end -->\n)`)
)

// TestLanguagePage compares the tables of docs/language.md with "retainctl schema -json", and checks
// that every block with arguments has one. UPDATE_DOCS=1 writes them.
func TestLanguagePage(t *testing.T) {
	const path = "docs/language.md"
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, shown := language(t, program(t)), map[string]bool{}
	want := tableMarks.ReplaceAllStringFunc(string(page), func(found string) string {
		parts := tableMarks.FindStringSubmatch(found)
		b, there := all[parts[2]]
		if !there {
			t.Errorf("the page has a table of %s, which the language does not have", parts[2])
		}
		shown[parts[2]] = true
		return parts[1] + b.table() + parts[3]
	})
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(page) {
		t.Errorf("%s is not what schema -json says; UPDATE_DOCS=1 go test . -run TestLanguagePage writes it", path)
	}
	shown["message.lifecycle.postcondition"] = true // documented with precondition, which has the same arguments
	for name, b := range all {
		if len(b.Arguments) > 0 && !shown[name] {
			t.Errorf("the page has no table of %s", name)
		}
		if !strings.Contains(name, "condition") && !strings.Contains(want, "\n## "+b.Type+"\n") && !strings.Contains(want, "\n### "+b.Type) {
			t.Errorf("the page has no heading for %s", name)
		}
	}
}

// TestDocumentedDefaults writes every default that is documented as an expression into a
// configuration, and checks that this does not change the plan.
func TestDocumentedDefaults(t *testing.T) {
	bin, tried := program(t), 0
	all := language(t, bin)
	for name, around := range map[string]string{
		"message":           "message \"b\" {\n  payload = \"1\"\n\n  %s\n}\n",
		"message.lifecycle": "message \"b\" {\n  payload = \"1\"\n  lifecycle {\n    %s\n  }\n}\n",
		"variable":          "variable \"b\" {\n  default = \"1\"\n\n  %s\n}\n",
		"output":            "output \"b\" {\n  value = 1\n\n  %s\n}\n",
		"broker.mqtt":       "broker \"mqtt\" \"b\" {\n  url = \"mqtt://broker.example\"\n\n  %s\n}\n",
		"broker.embedded":   "broker \"embedded\" \"b\" {\n  %s\n}\n",
		"retainctl":         "retainctl {\n  %s\n}\n",
	} {
		for _, a := range all[name].Arguments {
			if !isExpression.MatchString(a.Default) {
				continue
			}
			tried++
			config := "message \"a\" {\n  payload = \"1\"\n}\n\n" + fmt.Sprintf(around, a.Name+" = "+a.Default)
			t.Run(name+"."+a.Name, func(t *testing.T) {
				with := plans(t, bin, config)
				without := plans(t, bin, strings.Replace(config, a.Name+" = "+a.Default, "# nothing", 1))
				if with != without {
					t.Errorf("with the default the plan is\n%s\nand without it\n%s", with, without)
				}
			})
		}
	}
	if tried < 14 {
		t.Errorf("only %d defaults found", tried)
	}
}
