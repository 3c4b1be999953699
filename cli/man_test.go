package cli_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestManPages renders every man page with two formatters, which must not complain, and checks that the
// page of plan contains its flags.
func TestManPages(t *testing.T) {
	dir := t.TempDir()
	if out, code := retainctl(dir, "__man", "man"); code != 0 {
		t.Fatal(out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "man", "*.1"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d pages, %v", len(files), err)
	}
	if out, _ := exec.Command("mandoc", append([]string{"-T", "lint", "-W", "warning"}, files...)...).CombinedOutput(); len(lines(string(out), "missing date")) > 0 {
		t.Errorf("mandoc: %s", out)
	}
	for _, file := range files {
		cmd := exec.Command("groff", "-man", "-Tascii", "-P-cbou", "-ww", "-rLL=78n", file)
		var errs strings.Builder
		cmd.Stderr = &errs
		text, err := cmd.Output()
		if err != nil || errs.Len() > 0 {
			t.Errorf("groff: %v %s", err, errs.String())
		}
		if strings.HasSuffix(file, "retainctl-plan.1") {
			holdsHelp(t, dir, string(text))
		}
	}
}

// holdsHelp compares words, because lines break at other places.
func holdsHelp(t *testing.T, dir, page string) {
	t.Helper()
	help, _ := retainctl(dir, "plan", "-help")
	_, flags, _ := strings.Cut(help, "Flags:")
	have, want := strings.Join(strings.Fields(page), " "), strings.Join(strings.Fields(flags), " ")
	if len(want) < 500 || !strings.Contains(have, want) {
		t.Errorf("the page says\n%s\nand -help\n%s", have, want)
	}
}

// lines returns the lines of text that do not contain except.
func lines(text, except string) []string {
	var found []string
	for line := range strings.Lines(text) {
		if !strings.Contains(line, except) {
			found = append(found, line)
		}
	}
	return found
}

// TestHelpFitsTheScreen checks that every help text fits in 80 columns.
func TestHelpFitsTheScreen(t *testing.T) {
	index, _ := retainctl(t.TempDir(), "-help")
	_, list, _ := strings.Cut(index, "Commands:\n")
	seen := 0
	for line := range strings.Lines(list) {
		if !strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "    ") {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimSpace(line), "  ")
		help, code := retainctl(t.TempDir(), append(strings.Fields(name), "-help")...)
		if code != 0 || !strings.HasPrefix(help, "Usage: retainctl "+name) {
			t.Errorf("%s -help: exit %d\n%s", name, code, help)
		}
		for line := range strings.Lines(index + help) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
				t.Errorf("%s -help has a line of %d columns: %s", name, n, line)
			}
		}
		seen++
	}
	if seen < 20 {
		t.Errorf("only %d commands", seen)
	}
}
