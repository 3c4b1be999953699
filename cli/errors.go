package cli

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/agext/levenshtein"
)

// userError is a failure with what to do about it.
type userError struct{ summary, detail string }

func (e *userError) Error() string { return e.summary + ": " + e.detail }

func failure(summary, detail string) error { return &userError{summary, detail} }

// errReported ends a command whose errors were printed already.
var errReported = errors.New("reported")

// headline makes a sentence of a wrapped error, which starts in lower case. Its further
// lines may hold other people's text, so they are indented: none of them can pass for one
// of ours.
func headline(err error) string {
	text := strings.ReplaceAll(err.Error(), "\n", "\n  ")
	if text == "" {
		return "Failed"
	}
	_, n := utf8.DecodeRuneInString(text)
	return strings.ToUpper(text[:n]) + text[n:]
}

// nearest returns the name that was probably meant, or "": at most two letters are
// wrong, and two more are right.
func nearest(given string, names []string) string {
	best, distance := "", min(3, len(given)-1)
	for _, name := range names {
		if d := levenshtein.Distance(given, name, nil); d < distance {
			best, distance = name, d
		}
	}
	return best
}
