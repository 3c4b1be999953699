package console

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/folder"
	"github.com/retainctl/retainctl/spec"
)

func open(t *testing.T, configuration string) *spec.Console {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.retain.hcl"), []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, diags := spec.OpenConsole(dir, spec.Inputs{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestPipe(t *testing.T) {
	c := open(t, "locals {\n  one = 1\n}\n")
	for _, tc := range []struct {
		in, want string
		failed   bool
	}{
		{"local.one + 1\ntype(local.one)\n", "2\nnumber\n", false},
		{"[\n1\n]\n", "[\n  1,\n]\n", false},
		{"# a comment\n\n// another\n1", "1\n", false},
		{"nope\n1\n", "1\n", true},
		{"1\nexit\n2\n", "1\n", false},
		{"\"open", "", true},
	} {
		var out strings.Builder
		failed, err := Pipe(Options{Configuration: c, Eval: unbounded(c), In: strings.NewReader(tc.in), Out: &out, Diagnose: diagnose})
		if err != nil || failed != tc.failed || out.String() != tc.want {
			t.Errorf("%q: %q, failed %t, %v", tc.in, out.String(), failed, err)
		}
	}
}

// unbounded returns the Eval of a configuration without bounds.
func unbounded(c *spec.Console) func(string) (spec.Evaluated, hcl.Diagnostics, error) {
	return func(src string) (spec.Evaluated, hcl.Diagnostics, error) {
		result, diags := c.Eval(src)
		return result, diags, nil
	}
}

func diagnose(diags hcl.Diagnostics) error {
	if diags.HasErrors() {
		return diags
	}
	return nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("gone") }

func TestPipeThatBreaks(t *testing.T) {
	if _, err := Pipe(Options{In: broken{}}); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("error %v", err)
	}
}

func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	h := openHistory(folder.Named(path))
	h.save()
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was written without lines")
	}
	for range keptLines {
		h.Add("1")
		h.Add("2")
	}
	h.Add("2")
	h.Add(" ")
	h.save()
	if h = openHistory(folder.Named(path)); h.Len() != keptLines || h.At(0) != "2" || h.At(1) != "1" {
		t.Errorf("%d lines, the last is %q", h.Len(), h.At(0))
	}
}

func TestWordStart(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"1 + local.de":            "local.de",
		`message.room["a b"].to`:  `message.room["a b"].to`,
		`upper(message.room["a"]`: `message.room["a"]`,
		"a ? b":                   "b",
	} {
		if got := text[wordStart(text):]; got != want {
			t.Errorf("%q ends with %q, want %q", text, got, want)
		}
	}
}
