package diag

import (
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Sentence returns the text of an error with a capital letter, for the beginning of a
// sentence.
func Sentence(err error) string { return Capital(err.Error()) }

// Capital returns s with a capital first letter.
func Capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

// Excerpt returns s, cut after 200 bytes: a longer text would fill the screen.
func Excerpt(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}

// ShortenChain returns a chain of more than 12 links with its middle replaced by the number
// of links left out.
func ShortenChain(chain []string) []string {
	if len(chain) <= 12 {
		return chain
	}
	return slices.Concat(chain[:6], []string{fmt.Sprintf("(%d more)", len(chain)-11)}, chain[len(chain)-5:])
}
