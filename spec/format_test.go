package spec

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2/hclparse"
)

// TestFormat compares the style with that of "terraform fmt" 1.11.
func TestFormat(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"alignment", "message \"m\" {\nqos=1\n  payload   = \"x\"\n}\n", "message \"m\" {\n  qos     = 1\n  payload = \"x\"\n}\n"},
		{"labels", "message hello {\n}\nbroker mqtt \"x\" {}\n", "message \"hello\" {\n}\nbroker \"mqtt\" \"x\" {}\n"},
		{"a lone interpolation", "a=\"${var.x}\"\n", "a = var.x\n"},
		{"one over lines", "a = \"${\n   var.foo\n  }\"\n", "a = var.foo\n"},
		{"one that needs parentheses", "a = \"${ a ? \"x\" : \n   \"y\" }\"\n", "a = (a ? \"x\" :\n\"y\")\n"},
		{"quotes within", "a = \"${\"quoted ${b}\"}\"\n", "a = \"quoted ${b}\"\n"},
		{"two interpolations", "a = \"${b}${c}\"\n", "a = \"${b}${c}\"\n"},
		{"text beside it", "a = \"${b}-x\"\n", "a = \"${b}-x\"\n"},
		{"in a list", "a = [ \"${b}\" ]\n", "a = [\"${b}\"]\n"},
		{"that strips", "a = \"${~ b ~}\"\n", "a = \"${~b~}\"\n"},
		{"in a nested block", "message \"m\" {\n  lifecycle { \n on_destroy = \"${ \"forget\" }\"\n}\n}\n", "message \"m\" {\n  lifecycle {\n    on_destroy = \"forget\"\n  }\n}\n"},
		{"types in quotes", "variable a { type = \"string\" }\nvariable \"b\" {\ntype=\"list\"\n}\n", "variable \"a\" { type = string }\nvariable \"b\" {\n  type = list(string)\n}\n"},
		{"comments and blank lines", "# a\n\n\na=1 // b\nlonger=2 # c\n", "# a\n\n\na      = 1 // b\nlonger = 2 # c\n"},
		{"a heredoc", "a=<<EOT\n  as it is\nEOT\n", "a = <<EOT\n  as it is\nEOT\n"},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, diags := Format([]byte(c.in), "m.retain.hcl")
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Error(diff)
			}
			if again, _, _ := Format(got, "m.retain.hcl"); string(again) != string(got) {
				t.Errorf("formatted again, it becomes\n%s", again)
			}
		})
	}
	for _, broken := range append(bombs(), "message {", "a = \"") {
		if got, file, diags := Format([]byte(broken), "m.retain.hcl"); got != nil || file == nil || !diags.HasErrors() {
			t.Errorf("%.40q becomes %.40q, %v, %v", broken, got, file, diags)
		}
	}
}

// FuzzFormat checks that a formatted file can still be parsed.
func FuzzFormat(f *testing.F) {
	for _, seed := range []string{"a=\"${b}\"\n", "variable x { type = \"list\" }", "a = <<-E\n ${b}\nE\n", "a \"b\" c {\n}\n", "a = \"${\nb}\""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		formatted, _, diags := Format(src, "f.retain.hcl")
		if diags.HasErrors() {
			return
		}
		if _, diags := hclparse.NewParser().ParseHCL(formatted, "f.retain.hcl"); diags.HasErrors() {
			t.Errorf("%q becomes %q: %v", src, formatted, diags)
		}
	})
}
