package spec

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stopped is a configuration with one expression after another, each with many calls of functions.
const stopped = `locals {
  a = [for i in range(10) : upper("a${i}")]
  b = [for s in local.a : lower(s)]
}
message "m" {
  count   = 1000
  topic   = "m/${count.index}"
  payload = jsonencode({ n = count.index, b = local.b })
}
`

// TestWorkEnds checks that an evaluation whose context has ended makes no configuration, and says why
// in one error.
func TestWorkEnds(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.retain.hcl"), []byte(stopped), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancelCause(t.Context())
	end(errors.New("the reader left"))
	config, _, diags := Load(dir, Inputs{Work: NewWork(ctx)})
	if config != nil || len(diags) != 1 || diags[0].Summary != "Evaluation ended" ||
		!strings.Contains(diags[0].Detail, "The reader left") {
		t.Errorf("configuration %v, %v", config != nil, diags)
	}

	ctx, end = context.WithCancelCause(t.Context())
	console, _, diags := OpenConsole(dir, Inputs{Work: NewWork(ctx)})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	defer console.Close()
	if _, diags := console.Eval("local.a"); diags.HasErrors() {
		t.Errorf("before the end: %v", diags)
	}
	end(nil)
	if _, diags := console.Eval("local.a"); len(diags) != 1 || diags[0].Summary != "Evaluation ended" {
		t.Errorf("after the end: %v", diags)
	}
}

// TestWorkIsAtAnExpression checks that the place of each kind of expression is known while it is
// evaluated: the last one begun is the one at which an evaluation would hang.
func TestWorkIsAtAnExpression(t *testing.T) {
	const message = "message \"m\" {\n  payload = \"x\"\n}\n"
	for name, c := range map[string]struct {
		text string
		line int
	}{
		"nothing":          {"broker \"mqtt\" \"x\" {}\n", 0},
		"an argument":      {message, 2},
		"a local":          {"locals {\n  a = [for i in [1] : i]\n}\n", 2},
		"a default":        {"variable \"v\" {\n  default = [for i in [1] : i]\n}\n", 2},
		"a version":        {"retainctl {\n  required_version = join(\"\", [for i in [1] : i])\n}\n", 2},
		"a source":         {"module \"m\" {\n  source = [for i in [1] : i]\n}\n", 2},
		"ignore_changes":   {"message \"m\" {\n\n  lifecycle {\n    ignore_changes = [[for i in [1] : i]]\n  }\n}\n", 4},
		"a secret":         {"broker \"mqtt\" \"x\" {\n  password = upper(1, 2)\n}\n", 2},
		"a precondition":   {"message \"m\" {\n\n  lifecycle {\n    precondition {\n      condition = tobool(\"x\")\n      error_message = \"x\"\n    }\n  }\n}\n", 5},
		"an output":        {"output \"o\" {\n  value = upper(1, 2)\n}\n", 2},
		"a variable's own": {"variable \"v\" {\n  type = list(any)\n}\n", 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files := map[string]string{"main.retain.hcl": c.text}
			if strings.HasPrefix(name, "a variable's") {
				files["x.auto.retainvars.hcl"] = "v = [for i in [1] : i]\n"
			}
			for name, text := range files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			work := NewWork(t.Context())
			Load(dir, Inputs{Work: work, EvalBrokers: true, Version: "0.1.0"})
			line := 0
			if at := work.At(); at != nil {
				line = at.Start.Line
			}
			if line != c.line {
				t.Errorf("the evaluation was last at line %d, not %d", line, c.line)
			}
		})
	}
}
