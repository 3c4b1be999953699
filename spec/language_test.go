package spec

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// walk visits every block of the table.
func walkBlocks(blocks []Block, visit func(Block)) {
	for _, b := range blocks {
		visit(b)
		walkBlocks(b.Blocks, visit)
	}
}

// TestLanguageIsDescribed holds the table to what readers of it rely on.
func TestLanguageIsDescribed(t *testing.T) {
	seen := map[string]bool{}
	walkBlocks(Language(), func(b Block) {
		if b.Doc == "" || !strings.HasSuffix(b.Doc, ".") {
			t.Errorf("%s is described as %q, which is no sentence", b.Type, b.Doc)
		}
		for _, a := range b.Arguments {
			seen[a.Name] = true
			if a.Doc == "" || a.Type == "" || strings.HasSuffix(a.Doc, ".") || a.Required && a.Default != "" {
				t.Errorf("%s of %s: %+v", a.Name, b.Type, a)
			}
			if a.Sensitive != slices.Contains(secretArguments, a.Name) {
				t.Errorf("%s of %s: sensitive is %v, and decoding thinks otherwise", a.Name, b.Type, a.Sensitive)
			}
		}
	})
	for _, name := range append(slices.Clone(referable), secretArguments...) {
		if !seen[name] {
			t.Errorf("%s is not described", name)
		}
	}
}

// TestBackendsAreDescribed holds the table to the arguments that the backends take,
// which name them where one is unknown.
func TestBackendsAreDescribed(t *testing.T) {
	for _, backend := range described("retainctl", "").Blocks {
		dir := t.TempDir()
		config := "retainctl {\n  backend \"" + backend.Kind + "\" {\n    nonsense = 1\n  }\n}\n"
		if err := os.WriteFile(filepath.Join(dir, "main.retain.hcl"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, diags := Load(dir, Inputs{})
		_, takes, _ := strings.Cut(diags.Error(), "Its arguments: ")
		takes, _, _ = strings.Cut(takes, ".")
		want := backend.names()
		slices.Sort(want)
		if got := strings.Join(want, ", "); got != takes {
			t.Errorf("backend %q takes\n%s, and language_settings.go describes\n%s", backend.Kind, takes, got)
		}
	}
}
