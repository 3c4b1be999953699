package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMisspeltAttribute(t *testing.T) {
	for expr, want := range map[string]string{
		"local.site.setpiont":                       `Did you mean "setpoint"?`,
		"[for s in [local.site] : s.setpiont][0]":   `Did you mean "setpoint"?`,
		"[for s in [local.secret] : s.setpiont][0]": "",
		"local.site.nothing":                        "",
		"local.secret.setpiont":                     "",
	} {
		dir := t.TempDir()
		text := "locals {\n  site = { setpoint = 1, unit = 2 }\n  secret = sensitive({ setpoint = 1 })\n  x = " + expr + "\n}\n"
		if err := os.WriteFile(filepath.Join(dir, "main.retain.hcl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _, diags := Load(dir, Inputs{})
		got := diags.Error()
		if !strings.Contains(got, "Unsupported attribute") || strings.Contains(got, "Did you mean") != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%s: %s", expr, got)
		}
	}
}
