package generate

import (
	"regexp"
	"strings"
	"unicode"
)

// prose spells a payload that is text: as a heredoc if it has lines, or more to escape
// in quotes than is readable.
func (p printer) prose(parts []part) string {
	const bearable = 8
	texts := p.interpolate(parts, func(text string) string { return text })
	lines, escapes := strings.Count(texts, "\n"), strings.Count(texts, `"`)+strings.Count(texts, `\`)
	switch {
	case !printable(texts), strings.TrimSpace(texts) == "":
	case strings.HasSuffix(texts, "\n"):
		return heredoc(p.interpolate(parts, escaped))
	case lines > 1 || escapes > bearable:
		return "chomp(" + heredoc(p.interpolate(parts, escaped)+"\n") + "\n)"
	}
	return p.template(parts)
}

// printable reports whether text can stand in the source as it is. What a reader cannot
// see is written as an escape, and so is a line that ends in blanks, which editors take
// away unasked, and what a CI runner that prints the source would take for a command.
func printable(s string) bool {
	if runnerCommand.MatchString(s) || strings.Contains(s, " \n") || strings.Contains(s, "\t\n") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && !strings.ContainsRune("\n\t\u200d", r) })
}

// runnerCommand is a line that GitHub takes for a command, and what Azure Pipelines does.
var runnerCommand = regexp.MustCompile(`(?m)^\s*::|##[A-Za-z]*\[`)

// escaped spells text for a heredoc, in which nothing but the beginning of a template
// has a meaning.
func escaped(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "${", "$${"), "%{", "%%{")
}

// heredoc writes lines, indented if that can be told from their own indentation:
// "<<-" takes away what all lines that are not blank have in common.
func heredoc(s string) string {
	mark := "EOT"
	for strings.Contains(s, mark) {
		mark += "_"
	}
	const pad = "    "
	var indented strings.Builder
	flush := false
	for line := range strings.Lines(s) {
		flush = flush || strings.IndexFunc(line, unicode.IsSpace) != 0
		if strings.TrimSpace(line) != "" {
			indented.WriteString(pad)
		}
		indented.WriteString(line)
	}
	if !flush {
		return "<<" + mark + "\n" + s + mark
	}
	return "<<-" + mark + "\n" + indented.String() + pad + mark
}
