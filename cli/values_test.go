package cli_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/retainctl/retainctl/cli"
)

// escaped holds the values that Terraform prints unescaped, or with escapes that its language cannot read.
// retainctl prints them as strings that it can read.
var escaped = map[string]string{
	`"a\r\nb"`:            `"a\r\nb"`,
	`"a\u0000b"`:          `"a\u0000b"`,
	`"clear\u001b[2J"`:    `"clear\u001b[2J"`,
	`{ "line\nbreak"=1 }`: "{\n  \"line\\nbreak\" = 1\n}",
}

// TestValuesAsTerraform compares how console prints values with how "terraform console" prints them.
func TestValuesAsTerraform(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/values.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.retain.hcl"), []byte(hello))
	for _, f := range archive.Files {
		expr, want, ok := strings.Cut(string(f.Data), "\n=> ")
		if !ok {
			t.Errorf("%s has no result", f.Name)
		}
		if ours, ok := escaped[expr]; ok {
			want = ours + "\n"
		}
		var out bytes.Buffer
		code := cli.Run([]string{"console"}, cli.Env{
			Stdin: strings.NewReader(expr + "\n"), Stdout: &out, Stderr: io.Discard, Dir: dir, Width: 80,
			Signals: make(chan os.Signal), Exit: func(int) {},
		})
		if got := out.String(); got != want || code != 0 {
			t.Errorf("%s: %s, exit %d\n got %s\nwant %s", f.Name, expr, code, got, want)
		}
	}
}
