package generate

import (
	"regexp"
	"strings"
	"unicode"
)

// prose returns the HCL of a payload that is text: a heredoc if it has several lines, or if it would
// need too many escapes in quotes.
func (p printer) prose(parts []part) string {
	const maxEscapes = 8
	texts := p.interpolate(parts, func(text string) string { return text })
	lines, escapes := strings.Count(texts, "\n"), strings.Count(texts, `"`)+strings.Count(texts, `\`)
	switch {
	case !printable(texts), strings.TrimSpace(texts) == "":
	case strings.HasSuffix(texts, "\n"):
		return heredoc(p.interpolate(parts, escaped))
	case lines > 1 || escapes > maxEscapes:
		return "chomp(" + heredoc(p.interpolate(parts, escaped)+"\n") + "\n)"
	}
	return p.template(parts)
}

// printable reports whether text can be written in a heredoc as it is. It needs escapes if it has
// invisible characters, lines that end in blanks, which editors remove, or commands of a CI runner
// that may print the source.
func printable(s string) bool {
	if runnerCommand.MatchString(s) || strings.Contains(s, " \n") || strings.Contains(s, "\t\n") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsPrint(r) && !strings.ContainsRune("\n\t\u200d", r)
	})
}

// runnerCommand matches a line that is a command for GitHub, and text that is one for Azure Pipelines.
var runnerCommand = regexp.MustCompile(`(?m)^\s*::|##[A-Za-z]*\[`)

// escaped returns text for a heredoc, in which only "${" and "%{" need an escape.
func escaped(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "${", "$${"), "%{", "%%{")
}

// heredoc returns lines as a heredoc, indented if that does not change them: "<<-" removes the
// common indentation of all lines that are not blank.
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
