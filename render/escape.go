package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape makes an untrusted string safe to print on one line. Characters that are not graphic (control characters,
// line breaks, bidirectional overrides, invisible joiners) become \u escapes, and invalid UTF-8 becomes \x. Commands of
// CI runners are broken up: "::" at the start of a line (GitHub ignores spaces before it), and "##[" or "##vso["
// anywhere. Escaping twice changes nothing.
func Escape(s string) string {
	if plainASCII(s) {
		return s
	}
	return escape(s, "")
}

// quote is Escape in double quotes, with the quotes and backslashes inside escaped, so that it reads back as one
// string.
func quote(s string) string {
	if plainASCII(s) && !strings.ContainsAny(s, `"\`) {
		return `"` + s + `"`
	}
	return `"` + escape(s, `"\`) + `"`
}

// plainASCII reports whether s is ASCII that Escape would not change. It saves most strings the slower path.
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

// startsCommand reports whether a CI runner would read a command at the start of s. leading means that only spaces are
// before it.
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

// escapeLines is Escape for each line of a text whose line breaks are intended, such as the detail of a diagnostic.
func escapeLines(s string) []string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for i := range lines {
		lines[i] = Escape(lines[i])
	}
	return lines
}

// truncate shortens escaped text to max characters and appends how many are missing. A max of 0 is no limit.
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
