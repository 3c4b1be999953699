package functions

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/json"

	"github.com/retainctl/retainctl/spec/bounds"
)

var update = flag.Bool("update", false, "run the terraform on this machine to write the results in testdata/functions.tsv again")

const (
	functionTable  = "testdata/functions.tsv"
	functionFolder = "testdata/functions"
)

// functionLocals declares the locals that the expressions of the table refer to.
const functionLocals = `
locals {
  template = "hi $${n}"
  map      = { a = "x $${n}" }
  list     = ["q $${n}"]
}
`

// functionRow is an expression with its result in Terraform: a type and a JSON text, or the type
// "error" and the message.
type functionRow struct{ expr, ty, result string }

func functionRows(t *testing.T) []functionRow {
	t.Helper()
	table, err := os.ReadFile(functionTable)
	if err != nil {
		t.Fatal(err)
	}
	var rows []functionRow
	for line := range strings.Lines(string(table)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := append(strings.Split(strings.TrimSuffix(line, "\n"), "\t"), "", "")
		rows = append(rows, functionRow{cells[0], cells[1], cells[2]})
	}
	return rows
}

// Terraform itself is the reference: every row has the result of Terraform 1.11.4.
func TestFunctionsMatchTerraform(t *testing.T) {
	rows := functionRows(t)
	if *update {
		rows = runTerraform(t, rows)
	}
	ctx := functionContext(t)
	for _, row := range rows {
		v, err := evaluate(ctx, row.expr)
		if row.ty == "error" {
			if err == nil {
				t.Errorf("%s = %#v; Terraform returns an error: %s", row.expr, v, row.result)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v; Terraform returns %s", row.expr, err, row.result)
			continue
		}
		got, err := json.Marshal(v, v.Type())
		if err != nil {
			t.Errorf("%s: %v", row.expr, err)
		}
		if string(got) != row.result {
			t.Errorf("%s\n got %s\nwant %s", row.expr, got, row.result)
		}
		if ty := typeName(v.Type()); ty != row.ty {
			t.Errorf("%s is a %s, but a %s in Terraform", row.expr, ty, row.ty)
		}
	}
}

// The table proves nothing about a function that it does not call.
func TestTableHasAllFunctions(t *testing.T) {
	var table strings.Builder
	for _, row := range functionRows(t) {
		table.WriteString(" " + row.expr)
	}
	names := slices.Collect(maps.Keys(testFunctions(t)))
	for name := range refusedFunctions() {
		names = slices.DeleteFunc(names, func(n string) bool { return strings.TrimPrefix(n, coreNamespace) == name })
	}
	for _, name := range names {
		name = strings.TrimPrefix(name, coreNamespace)
		if n := strings.Count(table.String(), name+"("); n == 0 {
			t.Errorf("no expression in %s calls %s", functionTable, name)
		}
	}
}

func testFunctions(t *testing.T) map[string]function.Function {
	t.Helper()
	root, err := OpenSandbox(functionFolder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return New(root, ".", bounds.NewWork(context.Background()))
}

func functionContext(t *testing.T) *hcl.EvalContext {
	t.Helper()
	return &hcl.EvalContext{
		Functions: testFunctions(t),
		Variables: map[string]cty.Value{"local": cty.ObjectVal(map[string]cty.Value{
			"template": cty.StringVal("hi ${n}"),
			"map":      cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal("x ${n}")}),
			"list":     cty.TupleVal([]cty.Value{cty.StringVal("q ${n}")}),
		})},
	}
}

func evaluate(ctx *hcl.EvalContext, expr string) (cty.Value, error) {
	parsed, diags := hclsyntax.ParseExpression([]byte(expr), "test", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	v, diags := parsed.Value(ctx)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return v, nil
}

// typeName returns a type as the type function of terraform console shows it, without the white
// space.
func typeName(ty cty.Type) string {
	var b strings.Builder
	switch {
	case ty == cty.DynamicPseudoType:
		return "dynamic"
	case ty.IsPrimitiveType():
		return ty.FriendlyName()
	case ty.IsListType():
		return "list(" + typeName(ty.ElementType()) + ")"
	case ty.IsSetType():
		return "set(" + typeName(ty.ElementType()) + ")"
	case ty.IsMapType():
		return "map(" + typeName(ty.ElementType()) + ")"
	case ty.IsTupleType():
		for _, e := range ty.TupleElementTypes() {
			b.WriteString(typeName(e) + ",")
		}
		return "tuple([" + b.String() + "])"
	}
	for _, name := range slices.Sorted(maps.Keys(ty.AttributeTypes())) {
		fmt.Fprintf(&b, "%s:%s,", name, typeName(ty.AttributeType(name)))
	}
	return "object({" + b.String() + "})"
}

// runTerraform writes the table again with Terraform's results for its expressions.
func runTerraform(t *testing.T, rows []functionRow) []functionRow {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(functionFolder)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(functionLocals), 0o600); err != nil {
		t.Fatal(err)
	}
	out := "# expression, type and JSON text of its result in Terraform 1.11.4; " +
		"go test -run FunctionsMatchTerraform -update ./spec/functions\n"
	for i, row := range rows {
		ty, ok := console(t, dir, "type("+row.expr+")")
		result := ty
		if ok {
			result, ok = console(t, dir, "base64encode(jsonencode("+row.expr+"))")
		}
		if ok {
			encoded, err := evaluate(functionContext(t), "base64decode("+result+")")
			if err != nil {
				t.Fatal(err)
			}
			rows[i].ty = strings.ReplaceAll(strings.Join(strings.Fields(ty), ""), ",)", ")")
			rows[i].result = encoded.AsString()
		} else {
			rows[i].ty, rows[i].result = "error", result
		}
		out += rows[i].expr + "\t" + rows[i].ty + "\t" + rows[i].result + "\n"
	}
	if err := os.WriteFile(functionTable, []byte(out), 0o644); err != nil {
		t.Fatal(err)
	}
	return rows
}

// console returns what terraform console prints for expr, or its error in one line.
func console(t *testing.T, dir, expr string) (result string, ok bool) {
	cmd := exec.Command("terraform", "console", "-no-color")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(expr+"\n")
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+os.DevNull)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if err == nil {
		return strings.TrimSpace(string(stdout)), true
	}
	words := strings.Fields(strings.Map(func(r rune) rune {
		if strings.ContainsRune("│╷╵", r) {
			return ' '
		}
		return r
	}, stderr.String()))
	message := strings.Join(words, " ")
	_, message, _ = strings.Cut(message, "(source code not available) ")
	return message, false
}
