package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/cli"
)

const hello = "message \"hello\" {\n  payload = \"Hello\"\n}\n"

// onTerminal runs a command whose three streams are a terminal. screen has both stdout and stderr.
func onTerminal(t *testing.T, dir, stdin string, args ...string) (screen string, exit int) {
	t.Helper()
	var out bytes.Buffer
	exit = cli.Run(args, cli.Env{
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &out, Dir: dir, Width: 80,
		StdinTTY: true, StdoutTTY: true, StderrTTY: true, Environ: []string{"NO_COLOR=1"},
		Signals: make(chan os.Signal), Exit: func(int) {},
	})
	return out.String(), exit
}

func TestApproval(t *testing.T) {
	for answer, want := range map[string]int{"yes\n": 0, " yes \n": 0, "y\n": 1, "YES\n": 1, "\n": 1, "": 1, "yes please\n": 1} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "main.retain.hcl"), []byte(hello))
		screen, exit := onTerminal(t, dir, answer, "apply")
		if exit != want || strings.Contains(screen, "Apply complete!") != (want == 0) {
			t.Errorf("after the answer %q exit %d, want %d:\n%s", answer, exit, want, screen)
		}
	}
}

// TestNobodyToAsk checks that the reason why nobody is asked is printed.
func TestNobodyToAsk(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.retain.hcl"), []byte(hello))
	for _, flag := range []string{"-input=false", "-json"} {
		screen, exit := onTerminal(t, dir, "yes\n", "apply", flag)
		if exit != 1 || !strings.Contains(screen, flag+" was given") {
			t.Errorf("apply %s: exit %d\n%s", flag, exit, screen)
		}
	}
}

// TestRefusalIsPrintedOnce checks that a terminal shows the refusals of a plan only once.
func TestRefusalIsPrintedOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "main.retain.hcl")
	write(t, path, []byte(hello))
	onTerminal(t, dir, "yes\n", "apply")
	write(t, path, []byte("locals {}\n"))
	screen, exit := onTerminal(t, dir, "yes\n", "apply")
	if n := strings.Count(screen, "Nothing is declared"); exit != 1 || n != 1 {
		t.Errorf("exit %d, printed %d times:\n%s", exit, n, screen)
	}
}
