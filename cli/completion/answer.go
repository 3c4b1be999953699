package completion

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Answer is what can follow on a command line.
type Answer struct {
	candidates []candidate
	shell      string // "files" or "folders": the shell completes these itself
}

type candidate struct {
	text  string // the whole word
	about string
	open  bool // more is to be typed: no space follows
}

// startingWith keeps the candidates that continue a word. Flags are offered once a dash
// is typed.
func startingWith(prefix string, all []candidate) Answer {
	var a Answer
	for _, candidate := range all {
		if strings.HasPrefix(candidate.text, prefix) && (prefix != "" || !strings.HasPrefix(candidate.text, "-")) {
			a.candidates = append(a.candidates, candidate)
		}
	}
	return a
}

// stepwise offers names a level at a time if there are more than a screen takes:
// message.room[ for its 10,000 instances, site/ for what is below it.
func stepwise(prefix string, names []string) Answer {
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

// Print answers a script: a candidate a line, "+" before one that goes on and "-" before
// one that is whole, a tab and what it is; and last ":files" or ":folders" if the shell
// knows better, or ":open" if no space may follow.
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
	case open: // of several the shell puts no space behind what they share
		fmt.Fprintln(to, ":open")
	}
}

// typable reports whether a shell could type a text, and shows it as what it is: a topic
// may hold control characters, and some that turn what follows around.
func typable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) })
}
