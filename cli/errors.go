package cli

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// userError is an error with a summary, and a detail that says what to do.
type userError struct{ summary, detail string }

func (e *userError) Error() string { return e.summary + ": " + e.detail }

func failure(summary, detail string) error { return &userError{summary, detail} }

// errReported ends a command whose errors have been printed.
var errReported = errors.New("reported")

// headline turns a wrapped error, which starts in lower case, into a sentence. Its further lines may
// hold untrusted text, so they are indented: none of them can pass for a line of the program.
func headline(err error) string {
	text := strings.ReplaceAll(err.Error(), "\n", "\n  ")
	if text == "" {
		return "Failed"
	}
	_, n := utf8.DecodeRuneInString(text)
	return strings.ToUpper(text[:n]) + text[n:]
}

// nearest returns the name that was probably meant, or "". At most two letters may be wrong, and
// more than that must be right.
func nearest(given string, names []string) string {
	best, distance := "", min(3, len(given)-1)
	for _, name := range names {
		if d := levenshtein.Distance(given, name, nil); d < distance {
			best, distance = name, d
		}
	}
	return best
}
