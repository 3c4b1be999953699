package spec

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/spec/language"
)

// oddValues are expressions that do not belong in most arguments: null, sensitive values, values that
// are unknown because of a mistake, large ones, and ones of other types.
var oddValues = []string{
	`null`, `tostring(null)`, `[null]`, `{ a = null }`, `tomap({ a = null })`, `tolist([null])`,
	`var.secret`, `var.secrets`, `var.secret_number`, `var.secret_null`, `[var.secret]`, `{ a = var.secret }`, `{ (var.secret) = 1 }`, `sensitive(null)`, `sensitive({})`,
	`sensitive(true)`, `sensitive(toset(["a"]))`, `jsonencode({ a = var.secret })`, `templatefile(var.secret, {})`, `file(var.secret)`,
	`local.broken`, `[local.broken]`, `{ a = local.broken }`, `"x${local.broken}"`, `local.broken.a[0]`, `sensitive(local.broken)`, `message.broken.topic`, `message.broken`, `module.broken.a`, `toset([local.broken])`,
	`1e400`, `1 / 0`, `-1 / 0`, `(1 / 0) % 2`, `[1 / 0]`, `tostring(1 / 0)`, `-1`, `0.5`, `1e18`, `99999999999999999999`, `"${join("", [for i in range(3000) : "x"])}"`, `range(3000)`,
	`true`, `1`, `""`, `"a"`, `"a\u0000"`, `"a/#"`, `"\"a"`, `[]`, `{}`, `[[]]`, `[{}]`, `toset([])`, `toset(["a", "b"])`, `tomap({})`, `tolist([1])`, `[1, "a", { b = [] }]`,
	`message`, `message.ok`, `[message.ok]`, `var`, `local`, `broker`, `broker.b`, `module`, `each.key`, `each`, `count.index`, `self`, `path.root`, `a`, `"${"a"}"`, `-null`, `null + 1`, `null ? 1 : 2`, `null[0]`, `null.a`, `null[*]`, `[for x in null : x]`, `var.secrets[*]`, `{ for k, v in var.secrets : k => v }`,
	`try(local.broken, 1)`, `can(local.broken)`, `"%{ if var.secret == "" }a%{ endif }"`, `"%{ for x in var.secrets }${x}%{ endfor }"`, `{ type = string }`, `string`, `object({})`, `optional(string)`, `list(any)`, `"1h"`, `"/a"`, `["/a", "payload"]`, `all`,
}

const oddWorld = `
variable "secret" {
  sensitive = true
  default   = "hunter2"
}
variable "secrets" {
  sensitive = true
  default   = { a = "hunter2", b = "hunter2" }
}
variable "secret_number" {
  sensitive = true
  default   = 2
}
variable "secret_null" {
  sensitive = true
  default   = null
}
locals {
  broken = tonumber("no number")
}
broker "embedded" "b" {}
message "ok" {
  payload = "x"
}
message "broken" {
  topic   = local.broken
  payload = "x"
}
module "broken" {
  source = "./m"
  v      = local.broken
}
`

// TestOddValuesInEveryArgument checks that with any value in any argument, Load does not panic and
// returns a configuration or diagnostics with a text and a valid range, without showing a secret.
// With EVERY_VALUE=1 it tries every value in every argument, otherwise one in seven.
func TestOddValuesInEveryArgument(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "m/main.retain.hcl", "variable \"v\" {\n  default = 1\n}\noutput \"a\" {\n  value = var.v\n}\n")
	tried := 0
	for i, place := range everyArgument() {
		for j, value := range oddValues {
			if (i+j)%7 == 0 || os.Getenv("EVERY_VALUE") != "" {
				tried++
				loadOdd(t, fmt.Sprintf(place, value))
			}
		}
	}
	t.Logf("%d configurations", tried)
}

func loadOdd(t *testing.T, text string) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("panic %v in\n%s", r, text)
		}
	}()
	write(t, "odd.retain.hcl", oddWorld+text)
	config, files, diags := Load(".", Inputs{EvalBrokers: true, Version: "0.1.0"})
	if (config == nil) != diags.HasErrors() {
		t.Errorf("config %v, diagnostics %v for\n%s", config, diags, text)
	}
	for _, d := range diags {
		checkPlace(t, d, files)
	}
	if shown := describe(shownOf(config), diags); strings.Contains(shown, "hunter2") {
		t.Errorf("the secret is shown:\n%s\nof\n%s", shown, text)
	} else if strings.Contains(shown, "goroutine") {
		t.Errorf("a stack is shown:\n%s\nof\n%s", shown, text)
	}
}

// shownOf returns a configuration without its sensitive values.
func shownOf(c *Config) *Config {
	if c == nil {
		return nil
	}
	c.Variables = slices.DeleteFunc(c.Variables, func(v Variable) bool { return v.Sensitive })
	c.Outputs = slices.DeleteFunc(c.Outputs, func(o Output) bool { return o.Sensitive })
	for i := range c.Messages {
		m := &c.Messages[i]
		m.Message = m.Redaction.Apply(m.Message)
	}
	return c
}

// everyArgument returns a source for each argument of each block, with the verb %s for its value.
func everyArgument() (texts []string) {
	for _, block := range language.Blocks() {
		for _, a := range argumentsOf(block) {
			texts = append(texts, blockWith(block, a, ""))
		}
		for _, inner := range block.Blocks {
			for _, a := range argumentsOf(inner) {
				texts = append(texts, blockWith(block, language.Argument{}, blockWith(inner, a, "")))
			}
		}
	}
	return texts
}

func argumentsOf(b language.Block) []language.Argument {
	if b.Others != "" {
		return append(slices.Clone(b.Arguments), language.Argument{Name: "v"})
	}
	return b.Arguments
}

// usual holds valid values of required arguments, for a block with another argument to test.
var usual = map[string]string{
	"url": `"mqtt://h"`, "region": `"eu-west-1"`, "filter": `"a/#"`, "schema": `"{}"`, "source": `"./m"`, "value": `1`,
	"condition": `true`, "error_message": `"No."`, "payload": `"x"`, "bucket": `"b"`, "key": `"k"`, "address": `"http://h"`,
}

// blockWith returns the source of a block with the verb %s as the value of the argument odd.
func blockWith(b language.Block, odd language.Argument, inner string) string {
	var s strings.Builder
	s.WriteString(b.Type)
	for _, label := range b.Labels {
		if label == "type" {
			fmt.Fprintf(&s, " %q", b.Kind)
		} else {
			s.WriteString(` "x"`)
		}
	}
	s.WriteString(" {\n")
	for _, a := range b.Arguments {
		if value, ok := usual[a.Name]; ok && a.Name != odd.Name && (a.Required || a.Name == "payload" && odd.Name != "payload_base64") {
			fmt.Fprintf(&s, "  %s = %s\n", a.Name, value)
		}
	}
	if odd.Name != "" {
		fmt.Fprintf(&s, "  %s = %%s\n", odd.Name)
	}
	return s.String() + inner + "}\n"
}
