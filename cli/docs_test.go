package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const commandsIntro = `# Commands

` + "`retainctl [-chdir=DIR] COMMAND [flags] [arguments]`" + `

Flags are written ` + "`-flag` or `--flag`, with `=` or a space" + `, before or after arguments; ` + "`-chdir=DIR`" + ` comes first.
Results go to stdout; progress, prompts, warnings and errors to stderr.

| exit status | meaning |
|---|---|
| 0 | done, or no changes |
| 1 | error, or something was not done |
| 2 | there are changes (` + "`plan -detailed-exitcode`" + `) |
| 130 | interrupted; SIGTERM and SIGHUP are taken as Ctrl-C |

| environment | meaning |
|---|---|
| ` + "`RETAINCTL_VAR_name`" + ` | the value of a variable |
| ` + "`RETAINCTL_LOG=debug`" + ` | log to stderr |
| ` + "`NO_COLOR`" + ` | no colour, as ` + "`-no-color`" + ` |
| ` + "`RETAINCTL_BROKER_PASSWORD`" + ` | the password that ` + "`retainctl broker -username`" + ` asks clients for |

The first interruption finishes what is in flight and saves the state; the second exits at once.

This page is made from ` + "`retainctl COMMAND -help`" + `.
`

// TestCommandsPage holds docs/commands.md to the help texts. UPDATE_DOCS=1 writes
// it.
func TestCommandsPage(t *testing.T) {
	var b strings.Builder
	b.WriteString(commandsIntro)
	for _, c := range commands() {
		fmt.Fprintf(&b, "\n## %s\n\n```\n%s```\n", c.name, c.help())
	}
	const path = "../docs/commands.md"
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != b.String() {
		t.Errorf("%s is not what the help texts say; UPDATE_DOCS=1 go test ./cli -run TestCommandsPage writes it", path)
	}
}
