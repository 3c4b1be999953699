package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape makes a string from outside safe to print on one line: what is not
// graphic (control characters, line breaks, bidirectional overrides, invisible
// joiners) is shown as \u escapes and invalid UTF-8 as \x. What a CI runner would take for a
// command is broken up: "::" where it leads a line (GitHub ignores the spaces before it) and
// "##[" or "##vso[" anywhere.
func Escape(s string) string {
	if plainASCII(s) {
		return s
	}
	return escape(s, "")
}

// quote is Escape in double quotes, with the quotes and backslashes inside
// escaped, so that it reads back as one string.
func quote(s string) string {
	if plainASCII(s) && !strings.ContainsAny(s, `"\`) {
		return `"` + s + `"`
	}
	return `"` + escape(s, `"\`) + `"`
}

// plainASCII tells whether Escape would leave s as it is, for the many that are.
func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' || c >= 0x7f:
			return false
		case c == '#' && i+1 < len(s) && s[i+1] == '#':
			return false
		case c == ':' && i+1 < len(s) && s[i+1] == ':':
			return false
		}
	}
	return true
}

func escape(s, special string) string {
	var b strings.Builder
	leading := true // only spaces so far
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case startsCommand(s[i:], leading):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			escapeRune(&b, r, special)
		}
		leading = leading && unicode.IsSpace(r)
		i += size
	}
	return b.String()
}

func escapeRune(b *strings.Builder, r rune, special string) {
	switch {
	case strings.ContainsRune(special, r):
		b.WriteByte('\\')
		b.WriteRune(r)
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\t':
		b.WriteString(`\t`)
	case r == '\r':
		b.WriteString(`\r`)
	case r > 0xffff && !unicode.IsGraphic(r):
		fmt.Fprintf(b, `\U%08x`, r)
	case !unicode.IsGraphic(r):
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		b.WriteRune(r)
	}
}

// startsCommand tells whether a CI runner would read a command here.
func startsCommand[T string | []byte](s T, leading bool) bool {
	if len(s) < 2 || s[0] != s[1] {
		return false
	}
	if s[0] == ':' {
		return leading
	}
	i := 2
	for i < len(s) && ('a' <= s[i]|0x20 && s[i]|0x20 <= 'z') {
		i++
	}
	return s[0] == '#' && i < len(s) && s[i] == '['
}

// escapeLines is Escape for a text whose line breaks are meant, such as the
// detail of a diagnostic.
func escapeLines(s string) []string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i := range lines {
		lines[i] = Escape(lines[i])
	}
	return lines
}

// truncate shortens escaped text to about max characters and says how much is
// missing; max 0 is no limit.
func truncate(s string, max int) string {
	if max <= 0 || len(s) <= max {
		return s
	}
	runes := []rune(s)
	if len(runes) <= max {
		return s
	}
	return string(runes[:max]) + "... (" + Count(len(runes)-max, "more character") + ")"
}
