package render

import (
	"fmt"
	"strings"
)

// HelpPage describes one command for its -help and its man page.
type HelpPage struct {
	Name  string     // such as "state list"
	Args  string     // arguments after the flags, or ""
	Brief string     // what the command does: one line, without a capital or a full stop
	About string     // more paragraphs, with empty lines between them, or ""
	Flags []HelpFlag // in the order shown
}

// HelpFlag is a flag. Its form is as typed, but without the dash: "out=FILE".
type HelpFlag struct{ Form, Usage string }

// CommandLine returns how the command is typed: "retainctl state list [flags] [FILTER]".
func (p HelpPage) CommandLine() string {
	return strings.Join(strings.Fields("retainctl "+p.Name+" [flags] "+p.Args), " ")
}

// helpWidth is the number of columns of the narrowest terminal in use. Wider ones get the same, because long lines are
// hard to read.
const helpWidth = 80

// Text returns the page as -help prints it.
func (p HelpPage) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s\n\n", p.CommandLine())
	paragraphs(&b, capitalize(p.Brief)+".")
	if p.About != "" {
		b.WriteByte('\n')
		paragraphs(&b, p.About)
	}
	rows := make([][2]string, len(p.Flags))
	for i, f := range p.Flags {
		rows[i] = [2]string{"-" + f.Form, f.Usage}
	}
	if len(rows) > 0 {
		b.WriteString("\nFlags:\n")
		table(&b, rows, 25)
	}
	return b.String()
}

// HelpIndex returns the list of commands as -help prints it, each with its brief.
func HelpIndex(pages []HelpPage) string {
	var b strings.Builder
	b.WriteString("Usage: retainctl [-chdir=DIR] COMMAND [flags] [arguments]\n\n")
	paragraphs(&b, "Keeps the retained messages of MQTT brokers as *.retain.hcl files declare them.")
	b.WriteString("\nCommands:\n")
	rows := make([][2]string, len(pages))
	for i, p := range pages {
		rows[i] = [2]string{p.Name, p.Brief}
	}
	table(&b, rows, 15)
	b.WriteString("\n\"retainctl COMMAND -help\" describes a command and its flags.\n")
	return b.String()
}

// paragraphs writes wrapped paragraphs, which empty lines divide.
func paragraphs(b *strings.Builder, text string) {
	for _, line := range wrapLines(text, helpWidth) {
		b.WriteString(line + "\n")
	}
}

// table writes terms with their descriptions beside them, or below if a term is too long for its column.
func table(b *strings.Builder, rows [][2]string, column int) {
	for _, row := range rows {
		fmt.Fprintf(b, "  %-*s", column, row[0])
		lines := wrapLines(row[1], helpWidth-column-3)
		if len(row[0]) > column {
			fmt.Fprintf(b, "\n%*s", column+2, "")
		}
		fmt.Fprintf(b, " %s\n", lines[0])
		for _, line := range lines[1:] {
			fmt.Fprintf(b, "%*s%s\n", column+3, "", line)
		}
	}
}

func capitalize(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
