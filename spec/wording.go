package spec

import (
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"
)

// sentence spells an error as the beginning of a sentence.
func sentence(err error) string { return capital(err.Error()) }

// capital spells the beginning of a sentence.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// shortened keeps a long text from filling the screen.
func shortened(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}

// shorten leaves out the middle of a chain that nobody would read.
func shorten(chain []string) []string {
	if len(chain) <= 12 {
		return chain
	}
	return slices.Concat(chain[:6], []string{fmt.Sprintf("(%d more)", len(chain)-11)}, chain[len(chain)-5:])
}
