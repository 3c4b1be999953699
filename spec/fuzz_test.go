package spec

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzLoad loads arbitrary bytes as a file of either syntax. Load must not panic, must return a
// configuration or errors, and the ranges of diagnostics must be within the file.
func FuzzLoad(f *testing.F) {
	archives, _ := filepath.Glob("testdata/load/*.txtar")
	for _, name := range archives {
		if filepath.Base(name) == "bounds.txtar" { // takes seconds, too long for a fuzzer; TestLoad loads it
			continue
		}
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if strings.Contains(file.Name, ".retain.") {
				f.Add(file.Data, strings.HasSuffix(file.Name, ".json"))
			}
		}
	}
	for _, bomb := range bombs() {
		f.Add([]byte(bomb), false)
	}
	f.Fuzz(func(t *testing.T, src []byte, json bool) {
		name := "main.retain.hcl"
		if json {
			name = "main.retain.json"
		}
		if endless.Match(src) {
			return
		}
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, src, 0o644); err != nil {
			t.Fatal(err)
		}
		config, files, diags := Load(dir, fuzzed())
		if (config == nil) != diags.HasErrors() {
			t.Errorf("config %v, diagnostics %v", config, diags)
		}
		for _, d := range diags {
			checkPlace(t, d, files)
		}
	})
}

// endless matches what may take longer than the ten seconds after which the fuzzer reports a run as
// hung: long ranges and products of sets, which a for expression may repeat. The command line has a
// watchdog for them.
var endless = regexp.MustCompile(`(?s)(range|setproduct|count).*[0-9]{4}|setproduct.*setproduct`)

func fuzzed() Inputs { return Inputs{EvalBrokers: true, Version: "0.1.0"} }

func checkPlace(t *testing.T, d *hcl.Diagnostic, files map[string]*hcl.File) {
	t.Helper()
	if d.Summary == "" || d.Detail == "" {
		t.Errorf("summary or detail is empty: %v", d)
	}
	if d.Subject == nil {
		return
	}
	file := files[d.Subject.Filename]
	if file == nil {
		t.Errorf("the file does not exist: %v", d)
		return
	}
	if n := len(file.Bytes); d.Subject.Start.Byte < 0 || d.Subject.Start.Byte > d.Subject.End.Byte || d.Subject.End.Byte > n {
		t.Errorf("outside the file's %d bytes: %#v", n, d)
	}
}

// bombs returns sources that nest deeply, in every way that the language allows.
func bombs() []string {
	const n = 3000
	nest := func(open, close string) string {
		return "locals {\n  x = " + strings.Repeat(open, n) + "1" + strings.Repeat(close, n) + "\n}\n"
	}
	return []string{
		nest("(", ")"), nest("[", "]"), nest("{a=", "}"), nest("!", ""), nest("-", ""), nest("1+", ""), nest("true?1:", ""),
		nest("(\n1\n+", ")"), nest("!/**/", ""), nest(`"${`, `}"`), nest("f(", ")"), nest("[for x in y : ", "]"), nest("{for k, v in y : k => ", "}"),
		nest("(1\n+", ")"), nest("{for x in y: x=>1\n+", "}"), nest("f()[x]", "[x]"), nest("a.*.", ""), nest("", "[x]"),
		"locals {\n  x = \"" + strings.Repeat("%{ if true }", n) + strings.Repeat("%{ endif }", n) + "\"\n}\n",
		"locals {\n  x = (" + strings.Repeat("1\n+\n", n) + "1)\n}\n",
		strings.Repeat("message a {\n", n),
	}
}

// TestDepth checks that deep nesting is refused, in native syntax and JSON, and that long sources
// without it are not.
func TestDepth(t *testing.T) {
	for _, bomb := range bombs() {
		t.Chdir(t.TempDir())
		write(t, "main.retain.hcl", bomb)
		if _, _, diags := Load(".", Inputs{}); len(diags) != 1 || diags[0].Summary != "Nested too deeply" {
			t.Errorf("%d diagnostics, the first %v, for %.60q", len(diags), diags[:min(1, len(diags))], bomb)
		}
	}
	for _, bomb := range []string{strings.Repeat("[", 3000), `{"locals": {"x": "${` + strings.Repeat("(", 3000) + `"}}`,
		`{"variable": {"x": {"type": "` + strings.Repeat("(", 30_000) + `"}}}`} {
		t.Chdir(t.TempDir())
		write(t, "main.retain.json", bomb)
		if _, _, diags := Load(".", Inputs{}); len(diags) != 1 || diags[0].Summary != "Nested too deeply" {
			t.Errorf("%v for %.60q", diags, bomb)
		}
	}
	t.Chdir(t.TempDir())
	write(t, "main.retain.json", `{"message": {"m": {"payload": "`+strings.Repeat("-(:", 3000)+`"}}}`)
	load(t, ".", Inputs{})
	for _, long := range []string{
		"locals {\n  x = [" + strings.Repeat("-1, !true, 1 + 1, [1], \"${1}\", # c\n", 5000) + "]\n}\n",
		"locals {\n" + strings.Repeat("  # comment { [ (\n", 5000) + "}\n",
		"locals {\n  x = {\n" + strings.Repeat("    a = 1 + 1 # c\n", 1) + strings.Repeat("    b = -1\n    c = !true // c\n", 1) + "  }\n}\n",
	} {
		t.Chdir(t.TempDir())
		write(t, "main.retain.hcl", long)
		if _, _, diags := Load(".", Inputs{}); diags.HasErrors() {
			t.Errorf("refused: %v", diags)
		}
	}
}

// FuzzVariables loads arbitrary bytes as a variable file of either syntax, and as the value of a
// variable on the command line and in the environment. No lines of the file may be shown.
func FuzzVariables(f *testing.F) {
	f.Add([]byte("a = \"x\"\nb = [1, { c = null }]\n"), false)
	f.Add([]byte(`{"a": "x", "b": [1, {"c": null}]}`), true)
	f.Add([]byte("a = \"${b}\"\na = 1"), false)
	f.Add([]byte("s = \"hunter2\"\n"), false)
	const source = "variable \"a\" {\n  type = string\n  default = \"\"\n}\nvariable \"b\" {\n  default = 1\n}\nvariable \"s\" {\n  sensitive = true\n  default = 1\n}\nmessage \"m\" {\n  payload = \"x${jsonencode(var.b)}\"\n}\n"
	f.Fuzz(func(t *testing.T, src []byte, json bool) {
		dir := t.TempDir()
		name := "x.auto.retainvars.hcl"
		if json {
			name = "x.auto.retainvars.json"
		}
		for name, text := range map[string][]byte{"main.retain.hcl": []byte(source), name: src} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for _, in := range []Inputs{{}, {Vars: []VarArg{{Set: "b=" + string(src)}}}, {Env: []string{"RETAINCTL_VAR_b=" + string(src)}}} {
			config, files, diags := Load(dir, in)
			if (config == nil) != diags.HasErrors() {
				t.Errorf("config %v, diagnostics %v", config, diags)
			}
			if files[name] != nil {
				t.Errorf("lines of %s may be shown", name)
			}
		}
	})
}
