package cli_test

import (
	"os"
	"path/filepath"
	"strings"
)

// canaryOutputs carry secrets out of the root module, and in a module.
const canaryOutputs = `
output "whole" {
  value     = var.whole
  sensitive = true
}
output "parts" {
  value     = { open = 1, list = [local.s.element, local.s.key] }
  sensitive = true
}
output "public" {
  value = "public"
}
`

// canaryExpressions print secrets, or fail around them, in a console.
var canaryExpressions = []string{
	"var.whole", "var.s", "local.s", "[1, local.s.long]", "{ a = local.s.element, b = { c = var.leaf } }", "message.leaf", "message.leaf.payload", "message.properties.user_properties",
	"jsonencode(local.s)", "yamlencode(var.s)", "{ (var.leaf) = 1 }", "toset([var.leaf])", "var.leaf + 1", "tonumber(var.whole)", "local.s[var.leaf]", "local.s.nothing", "regex(var.leaf, 1)", "var.s[*]",
	"[for k, v in var.s : v]", "upper(local.s.object)", "base64encode(var.whole)", "sha256(var.leaf)", "type(var.s)", "templatefile(\"secret.tpl\", { secret = var.leaf })", "file(var.leaf)", "message[var.leaf]", "\"${var.leaf}${local.nothing}\"",
}

// others are the commands that neither plan nor apply.
func (c *canaryRun) others() {
	c.t.Helper()
	c.write("outputs.retain.hcl", canaryOutputs)
	for _, args := range [][]string{{"output"}, {"output", "public"}, {"plan"}, {"plan", "-json"}, {"apply", "-auto-approve"}, {"apply", "-auto-approve", "-json"}} {
		c.run(0, with(args...)...)
	}
	c.run(1, with("output", "-raw", "parts")...)
	c.stdin = strings.Join(canaryExpressions, "\n") + "\n"
	if out := c.run(1, with("console", "-history=false")...); strings.Count(out, "(sensitive value)") < len(canaryExpressions)/2 {
		c.t.Errorf("the console hides nothing:\n%s", out)
	}
	c.stdin = ""
	for _, args := range [][]string{
		{"__complete", "zsh", "plan", "-var", ""}, {"__complete", "zsh", "plan", "-var=wh"}, {"__complete", "bash", " ", "retainctl plan -target="}, {"__complete", "fish", "state", "show", ""}, {"__complete", "zsh", "output", ""}, {"__complete", "zsh", "restore", ""},
		{"schema", "-json"}, {"version", "-json"}, {"fmt", "-check", "-list", "main.retain.hcl"}, {"fmt", "-check", "-diff", "broker.retain.hcl"}, {"validate", "-json"}, {"state", "rm", "-dry-run", "canary/#"},
	} {
		c.run(-1, args...)
	}
	c.moveState()
	c.importing()
}

// moveState takes the state elsewhere and back.
func (c *canaryRun) moveState() {
	c.t.Helper()
	pulled := c.run(0, with("state", "pull")...)
	c.write("pulled.json", pulled)
	c.run(0, with("state", "push", "pulled.json")...)
	c.run(0, with("state", "migrate", "-from=pulled.json", "-backend-config=path=moved.json")...)
	for _, damage := range []string{"x" + pulled, pulled[:len(pulled)/2], strings.Replace(pulled, "qos", "sos", 1)} {
		c.write("damaged.json", damage)
		c.run(1, with("state", "push", "damaged.json")...)
		c.run(1, with("plan", "-state=damaged.json", "-refresh=false")...)
	}
}

// importing reads the messages that were declared with secrets, by a configuration that
// does not declare them any more.
func (c *canaryRun) importing() {
	c.t.Helper()
	declared := []string{"main.retain.hcl", "outputs.retain.hcl"}
	for _, name := range declared {
		c.rename(name, name+".away")
	}
	if out := c.run(0, with("import", "canary/#")...); !strings.Contains(out, "Sensitive messages are left out") {
		c.t.Errorf("nothing is left out:\n%s", out)
	}
	c.run(0, with("import", "#", "canary/whole", "-exact", "-out=imported.retain.hcl")...)
	os.Remove(filepath.Join(c.dir, "imported.retain.hcl"))
	for _, name := range declared {
		c.rename(name+".away", name)
	}
	os.Remove(filepath.Join(c.dir, "outputs.retain.hcl"))
}

func (c *canaryRun) rename(from, to string) {
	c.t.Helper()
	if err := os.Rename(filepath.Join(c.dir, from), filepath.Join(c.dir, to)); err != nil {
		c.t.Fatal(err)
	}
}
