package completion

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Answer is the result of a completion.
type Answer struct {
	candidates []candidate
	shell      string // "files" or "folders" if the shell is to complete these itself
}

type candidate struct {
	text  string // the whole word
	about string
	open  bool // the word is not finished, so that no space follows
}

// startingWith returns the candidates that begin with a prefix. Flags are offered only after a dash.
func startingWith(prefix string, all []candidate) Answer {
	var a Answer
	for _, candidate := range all {
		if strings.HasPrefix(candidate.text, prefix) && (prefix != "" || !strings.HasPrefix(candidate.text, "-")) {
			a.candidates = append(a.candidates, candidate)
		}
	}
	return a
}

// byLevel returns the names that begin with a prefix. If they do not fit on a screen, it returns one
// level of them: message.room[ for its 10,000 instances, site/ for the topics below it.
func byLevel(prefix string, names []string) Answer {
	const screen = 100
	a := Answer{}
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			a.candidates = append(a.candidates, candidate{text: name})
		}
	}
	if len(a.candidates) <= screen {
		return a
	}
	for i, whole := range a.candidates {
		if end := strings.IndexAny(whole.text[len(prefix):], "[/."); end >= 0 {
			a.candidates[i] = candidate{text: whole.text[:len(prefix)+end+1], open: true}
		}
	}
	a.candidates = slices.Compact(a.candidates)
	return a
}

// Print writes an answer for a script. Each candidate is a line: "+" if the word continues or "-" if
// it is finished, the word, and after a tab its description. The last line is ":files" or ":folders"
// if the shell is to complete these, or ":open" if no space may follow.
func (a Answer) Print(to io.Writer) {
	open := false
	for _, candidate := range a.candidates {
		if !typable(candidate.text) {
			continue
		}
		mark := "-"
		if open = candidate.open; open {
			mark = "+"
		}
		line := mark + candidate.text
		if candidate.about != "" {
			line += "\t" + candidate.about
		}
		fmt.Fprintln(to, line)
	}
	switch {
	case a.shell != "":
		fmt.Fprintln(to, ":"+a.shell)
	case open: // if there are several, the shell adds no space after what they share
		fmt.Fprintln(to, ":open")
	}
}

// typable reports whether a text can be typed in a shell and is displayed as it is. A topic may hold
// control characters, and characters that change the direction of the text after them.
func typable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) })
}
