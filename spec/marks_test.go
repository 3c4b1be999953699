package spec

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/mqtt"
)

// TestMarksOfKeysSurvive checks that a value found by a sensitive key is sensitive, although hcl
// drops the mark of the key.
func TestMarksOfKeysSurvive(t *testing.T) {
	for _, expr := range []string{`{ hunter2 = 2 }[var.s]`, `[for k in [var.s] : { hunter2 = 2 }[k]][0]`, `{ a = { hunter2 = 2 } }["a"][var.s]`, `templatefile("key.tpl", { s = var.s })`} {
		config, diags := loadText(t, "variable \"s\" {\n  default = \"hunter2\"\n  sensitive = true\n}\nmessage \"a\" {\n  payload = tostring("+expr+")\n}\n")
		if diags.HasErrors() {
			t.Errorf("%s: %v", expr, diags)
		} else if !config.Messages[0].Redaction.Covers().Has(mqtt.FieldPayload) {
			t.Errorf("%s is not sensitive", expr)
		}
	}
}

// loadText loads a configuration of one file, in a folder with a template.
func loadText(t *testing.T, text string) (*Config, hcl.Diagnostics) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"main.retain.hcl": text, "key.tpl": "x${{ hunter2 = 2 }[s]}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config, _, diags := Load(dir, Inputs{})
	return config, diags
}
