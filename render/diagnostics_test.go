package render

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

const faulty = `broker "mqtt" "lab" {
  password = "hunter2"
}
variable "pin" {
  sensitive = true
  default   = "hunter2"
}
message "x" {
	qos     = var.level + var.secret
  payload = "a"
}
`

// diagnosticAt returns a diagnostic about the first occurrence of text in faulty.
func diagnosticAt(t *testing.T, file, text string) (map[string]*hcl.File, *hcl.Diagnostic) {
	t.Helper()
	parser := hclparse.NewParser()
	if _, diags := parser.ParseHCL([]byte(faulty), file); diags.HasErrors() {
		t.Fatal(diags)
	}
	start := strings.Index(faulty, text)
	line := strings.Count(faulty[:start], "\n") + 1
	column := start - strings.LastIndex(faulty[:start], "\n")
	return parser.Files(), &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Unsuitable value",
		Detail: "This is not what belongs here, as a sentence that is long enough to wrap shows.\n  - a list stays",
		Subject: &hcl.Range{
			Filename: file,
			Start:    hcl.Pos{Line: line, Column: column, Byte: start},
			End:      hcl.Pos{Line: line, Column: column + len(text), Byte: start + len(text)},
		},
	}
}

// inExpression turns the diagnostic into one about the evaluation of the qos in faulty.
func inExpression(files map[string]*hcl.File, d *hcl.Diagnostic) *hcl.Diagnostic {
	body := files[d.Subject.Filename].Body.(*hclsyntax.Body)
	d.Expression = body.Blocks[2].Body.Attributes["qos"].Expr
	d.EvalContext = &hcl.EvalContext{Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{
		"level":  cty.StringVal("high"),
		"secret": cty.StringVal("hunter2").Mark("sensitive"),
	})}}
	return d
}

func TestDiagnosticsGolden(t *testing.T) {
	files, d := diagnosticAt(t, "main.retain.hcl", "var.level + var.secret")
	diags := hcl.Diagnostics{inExpression(files, d), {Severity: hcl.DiagWarning, Summary: "A warning", Detail: "Beware."}}
	for name, o := range map[string]DiagnosticsOptions{
		"diagnostics.txt":         {},
		"diagnostics.color.txt":   {Style: Style{Color: true, Width: 40}},
		"diagnostics.compact.txt": {CompactWarnings: true},
	} {
		var b bytes.Buffer
		if err := Diagnostics(&b, files, diags, o); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
	var b bytes.Buffer
	if err := DiagnosticsJSON(&b, files, diags); err != nil {
		t.Fatal(err)
	}
	golden(t, "diagnostics.json", b.Bytes())
}

func TestDiagnosticsHideSecrets(t *testing.T) {
	for name, c := range map[string]struct{ file, about string }{
		"a password":           {"main.retain.hcl", `"hunter2"`},
		"a line with one":      {"main.retain.hcl", `password`},
		"a sensitive block":    {"main.retain.hcl", `default   = "hunter2"`},
		"a file of variables":  {"prod.auto.retainvars.hcl", `"hunter2"`},
		"another such file":    {"values.hcl", `"hunter2"`},
		"a value in the scope": {"main.retain.hcl", "var.level + var.secret"},
	} {
		t.Run(name, func(t *testing.T) {
			files, d := diagnosticAt(t, c.file, c.about)
			inExpression(files, d)
			var b bytes.Buffer
			Diagnostics(&b, files, hcl.Diagnostics{d}, DiagnosticsOptions{})
			DiagnosticsJSON(&b, files, hcl.Diagnostics{d})
			if strings.Contains(b.String(), "hunter2") {
				t.Errorf("the secret is shown:\n%s", b.String())
			}
			if !strings.Contains(b.String(), "on "+c.file+" line ") {
				t.Errorf("the place is not shown:\n%s", b.String())
			}
		})
	}
}

func TestDiagnosticsOutsideTheFile(t *testing.T) {
	files, d := diagnosticAt(t, "main.retain.hcl", "qos")
	d.Subject.End.Byte, d.Subject.Start.Byte = 1<<20, 1<<19
	var b bytes.Buffer
	gone := hcl.Range{Filename: "gone.retain.hcl"}
	for _, diag := range []*hcl.Diagnostic{d, {Severity: hcl.DiagError, Summary: "no file", Subject: &gone}} {
		if err := Diagnostics(&b, files, hcl.Diagnostics{diag}, DiagnosticsOptions{}); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(b.String(), "on gone.retain.hcl line 0") {
		t.Errorf("a diagnostic without source is not shown:\n%s", b.String())
	}
}
