package spec

import (
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "ask the terraform on this machine for the results in testdata/expressions.txtar again")

const (
	expressionTable = "testdata/expressions.txtar"
	resultMark      = "\n=> " // between an expression and its result
)

// TestExpressionsAsTerraform compares the results of expressions with Terraform's. Each file of the
// archive but the first is an expression and its result in Terraform, as JSON, or "error". The first
// file has the declarations that they refer to. With -update, the results are taken from the terraform
// on this machine.
func TestExpressionsAsTerraform(t *testing.T) {
	archive, err := txtar.ParseFile(expressionTable)
	if err != nil {
		t.Fatal(err)
	}
	common := string(archive.Files[0].Data)
	for i := range archive.Files[1:] {
		f := &archive.Files[1+i]
		expr, want, ok := strings.Cut(strings.TrimSuffix(string(f.Data), "\n"), resultMark)
		if *update {
			want = askExpression(t, common, expr)
			f.Data = []byte(expr + resultMark + want + "\n")
		} else if !ok {
			t.Errorf("%s has no result", f.Name)
		}
		if got, why := loadExpression(t, common, expr); got != want {
			t.Errorf("%s:\n%s\n got %s%s\nwant %s", f.Name, expr, got, why, want)
		}
	}
	if *update {
		if err := os.WriteFile(expressionTable, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// loadExpression returns the value of an expression in a configuration, as JSON, or "error" and the
// reason.
func loadExpression(t *testing.T, common, expr string) (result, why string) {
	t.Helper()
	dir := t.TempDir()
	src := fmt.Sprintf("%s\nlocals {\n  expression = %s\n}\nmessage \"m\" {\n  payload = jsonencode(local.expression)\n}\n", common, expr)
	if err := os.WriteFile(filepath.Join(dir, "main.retain.hcl"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	config, _, diags := Load(dir, Inputs{EvalBrokers: true})
	if diags.HasErrors() {
		return "error", ": " + diags.Errs()[0].(*hcl.Diagnostic).Error()
	}
	return string(config.Messages[0].Payload), ""
}

// askExpression returns the result of an expression in Terraform.
func askExpression(t *testing.T, common, expr string) string {
	t.Helper()
	dir := t.TempDir()
	src := fmt.Sprintf("%s\nlocals {\n  expression = %s\n}\n", common, expr)
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("terraform", "console", "-no-color")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader("base64encode(jsonencode(local.expression))\n")
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+os.DevNull)
	out, err := cmd.Output()
	encoded, ok := strings.CutPrefix(strings.TrimSpace(string(out)), `"`)
	if err != nil || !ok { // "(known after apply)" if a local has an error
		return "error"
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(encoded, `"`))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
