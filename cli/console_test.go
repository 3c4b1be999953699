package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConsoleOnTerminal types into the line editor.
func TestConsoleOnTerminal(t *testing.T) {
	const up, deleteLine, end = "\x1b[A", "\x15", "\x04"
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.retain.hcl"), []byte(rooms+"locals {\n  devices = { first = 41 }\n}\n"))
	for _, c := range []struct{ name, keys, want string }{
		{"a value", "1+1\r", "\n2\n"},
		{"a name", "local.dev\t.fi\t+1\r", "\n42\n"},
		{"a function", "jsonenc\t[1])\r", "\"[1]\""},
		{"an attribute after an index", "message.room[\"a1\"].top\t\r", "\"room/a1/x:y\""},
		{"in the middle", "upper(var.si\t)\r", "\"X\""},
		{"what there is to choose from", "jsonx" + "\x7f" + "\t\t", "jsondecode(  jsonencode("},
		{"nothing to choose from", "zzz\t" + deleteLine + "7\r", "\n7\n"},
		{"over lines", "[\r1\r]\r", "\n: 1"},
		{"the line before", "40+3\r" + deleteLine + up + "0\r", "\n70\n"},
		{"a mistake", "nope\rvar.site\r", "There is nothing called \"nope\""},
		{"and what is after it", "nope\rvar.site\r", "\n\"x\"\n"},
		{"the end", "exit\r1+1\r", "> exit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			screen, exit := onTerminal(t, dir, c.keys+end, "console")
			seen := strings.ReplaceAll(screen, "\r\n", "\n")
			if exit != 0 || !strings.Contains(seen, c.want) {
				t.Errorf("exit %d, no %q on\n%q", exit, c.want, seen)
			}
		})
	}
}

// TestConsoleHistory checks that lines are kept for the next console, and that -history=false keeps
// none.
func TestConsoleHistory(t *testing.T) {
	const up = "\x1b[A"
	dir := t.TempDir()
	path := filepath.Join(dir, ".retainctl", "console_history")
	write(t, filepath.Join(dir, "main.retain.hcl"), []byte(hello))
	onTerminal(t, dir, "1+1\r", "console", "-history=false")
	if _, err := os.Stat(path); err == nil {
		t.Error("-history=false keeps lines")
	}
	onTerminal(t, dir, "40+2\r40+2\r \r", "console")
	if kept, err := os.ReadFile(path); err != nil || string(kept) != "40+2\n" {
		t.Errorf("kept %q, %v", kept, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if screen, _ := onTerminal(t, dir, up+"+1\r", "console"); !strings.Contains(screen, "43") {
		t.Errorf("the line of the previous console is not there: %q", screen)
	}
}
