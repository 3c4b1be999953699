package spec

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/language"
)

// TestSensitiveArguments gives each argument in the table of the language a sensitive value. What
// may be sensitive takes it, everything else refuses it, and no diagnostic shows it.
func TestSensitiveArguments(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "m/main.retain.hcl", "variable \"v\" {\n  default = 1\n}\n")
	for _, block := range language.Blocks() {
		for _, a := range argumentsOf(block) {
			checkSensitive(t, block, a, blockWith(block, a, extra(block, a)))
		}
		for _, inner := range block.Blocks {
			for _, a := range argumentsOf(inner) {
				checkSensitive(t, inner, a, blockWith(block, language.Argument{}, blockWith(inner, a, "")))
			}
		}
	}
}

// extra returns what a block needs to take a sensitive value.
func extra(b language.Block, odd language.Argument) string {
	if b.Type == "output" && odd.Name != "sensitive" {
		return "  sensitive = true\n"
	}
	return ""
}

func checkSensitive(t *testing.T, b language.Block, a language.Argument, place string) {
	t.Helper()
	name := strings.TrimSpace(b.Type + " " + b.Kind + " " + a.Name)
	takes := a.Hidden || a.Sensitive || a.Name == "v" // v is a local or an input
	text := fmt.Sprintf(place, sensitiveValue(a))
	if a.Name == "key_file" {
		text = strings.Replace(text, "mqtt://h\"", "mqtts://h\"\n  cert_file = \"c\"", 1)
	}
	write(t, "main.retain.hcl", text)
	_, _, diags := Load(".", Inputs{EvalBrokers: true, Version: "0.1.0", Env: []string{"RETAINCTL_VAR_x=1"}})
	if takes == diags.HasErrors() {
		t.Errorf("%s may be sensitive: %v, diagnostics %v for\n%s", name, takes, diags, text)
	}
	literal := strings.HasPrefix(a.Type, "literal") || strings.HasPrefix(a.Type, "type") || strings.Contains(a.Type, "references") ||
		b.Type == "variable" || a.Name == "ignore_changes"
	if !takes && !literal && !slices.ContainsFunc(diags, func(d *hcl.Diagnostic) bool { return d.Summary == "Sensitive "+a.Name }) {
		t.Errorf("%s is not refused because it is sensitive: %v", name, diags)
	}
	if strings.Contains(diags.Error(), "hunter2") {
		t.Errorf("%s is shown: %v", name, diags)
	}
}

// sensitiveValue returns a sensitive value of an argument's type.
func sensitiveValue(a language.Argument) string {
	switch {
	case a.Name == "v" || a.Name == "value":
		return `sensitive("hunter2")`
	case strings.HasPrefix(a.Type, "list of str"):
		return `[sensitive("hunter2")]`
	case strings.HasPrefix(a.Type, "map"):
		return `sensitive({ hunter2 = "hunter2" })`
	case strings.HasSuffix(a.Name, "_base64") || a.Limits == "base64":
		return `sensitive(base64encode("hunter2"))`
	case a.Type == "number":
		return `sensitive(1)`
	case a.Type == "bool":
		return `sensitive(true)`
	}
	return `sensitive("hunter2")`
}
