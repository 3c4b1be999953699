package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fenced gives the contents of a page's fenced blocks of one language.
func fenced(t *testing.T, page, language string) []string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	inside, wanted := false, false
	for line := range strings.Lines(string(text)) {
		opening, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !inside:
			inside, wanted = true, strings.TrimSpace(opening) == language
			if wanted {
				blocks = append(blocks, "")
			}
		case fence:
			inside = false
		case inside && wanted:
			blocks[len(blocks)-1] += line
		}
	}
	return blocks
}

func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "retainctl")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

func run(t *testing.T, bin string, args ...string) string {
	t.Helper()
	cmd := exec.Command(bin, args...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s%s", bin, args, err, out, errs.String())
	}
	return string(out)
}

// TestReadmePlan makes the plan that the README shows: the quickstart, applied,
// with a setpoint edited.
func TestReadmePlan(t *testing.T) {
	bin, dir := build(t), t.TempDir()
	source, err := os.ReadFile("examples/quickstart/main.retain.hcl")
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "main.retain.hcl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(string(source))
	run(t, bin, "-chdir="+dir, "apply", "-auto-approve")
	write(strings.Replace(string(source), "setpoint = 20", "setpoint = 21", 1))
	got := run(t, bin, "-chdir="+dir, "apply", "-auto-approve")
	token := regexp.MustCompile(`Token: [0-9a-f]+`) // names the folder's embedded broker
	want := token.ReplaceAllString(fenced(t, "README.md", "")[0], "Token: x")
	if got = token.ReplaceAllString(got, "Token: x"); !strings.HasPrefix(got, want) {
		t.Errorf("the README shows\n%s\nit prints\n%s", want, got)
	}
}

// TestReadmeCommands holds the README to its two commands, and them to what
// .ci/run and the examples have.
func TestReadmeCommands(t *testing.T) {
	commands := strings.Join(fenced(t, "README.md", "sh"), "")
	for _, want := range []string{"go run . -chdir=examples/quickstart apply\n", "make test\n"} {
		if !strings.Contains(commands, want) {
			t.Errorf("the README does not say %q", want)
		}
	}
	quickstart := run(t, "go", "run", ".", "-chdir=examples/quickstart", "validate")
	if !strings.Contains(quickstart, "Success!") {
		t.Errorf("the quickstart is not valid: %s", quickstart)
	}
	ci, err := os.ReadFile(".ci/run")
	if err != nil || !strings.Contains(string(ci), "exec make test\n") {
		t.Errorf(".ci/run does not call make test: %v", err)
	}
}

// TestDocumentedConfigurations validates every HCL block of the language page,
// each of which is a whole configuration, and of the README.
func TestDocumentedConfigurations(t *testing.T) {
	bin := build(t)
	blocks := append(fenced(t, "docs/language.md", "hcl"), fenced(t, "README.md", "hcl")...)
	if len(blocks) < 6 {
		t.Fatalf("only %d blocks found", len(blocks))
	}
	for _, block := range blocks {
		dir := t.TempDir()
		for name, text := range map[string]string{"main.retain.hcl": block, "devices.csv": "id,setpoint\na,20\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run(t, bin, "-chdir="+dir, "validate")
	}
}
