package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// commandsIntro is the beginning of the page, with a verb for the tables of exit statuses and variables.
const commandsIntro = `# Commands

` + "`retainctl [-chdir=DIR] COMMAND [flags] [arguments]`" + `

Flags are written ` + "`-flag` or `--flag`, with `=` or a space" + `, before or after arguments; ` + "`-chdir=DIR`" + ` comes first.
Results go to stdout; progress, prompts, warnings and errors to stderr.

%s
The first interruption finishes what is in flight and saves the state; the second exits at once.

This page is made from ` + "`retainctl COMMAND -help`" + `.
`

// TestCommandsPage compares docs/commands.md with the help texts. UPDATE_DOCS=1 writes it.
func TestCommandsPage(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, commandsIntro, markdownTable("exit status", exitStatuses, "")+"\n"+markdownTable("environment", environment, "`"))
	for _, p := range commands().pages() {
		fmt.Fprintf(&b, "\n## %s\n\n```\n%s```\n", p.Name, p.Text())
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

func markdownTable(title string, rows [][2]string, quote string) string {
	text := "| " + title + " | meaning |\n|---|---|\n"
	for _, row := range rows {
		text += "| " + quote + row[0] + quote + " | " + row[1] + " |\n"
	}
	return text
}
