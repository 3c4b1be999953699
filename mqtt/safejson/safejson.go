// Package safejson makes JSON safe to print on terminals and in the logs of CI runners.
package safejson

import (
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Escape returns an equivalent document in which everything that must not be printed raw is a \u
// escape. The encoder leaves DEL, the C1 controls (a terminal takes U+009B for an escape sequence)
// and bidirectional overrides as they are, and Azure's runner reads "##vso[" as a command anywhere
// in a line. All of these can only occur in strings. If there is nothing to escape, Escape returns
// json itself.
func Escape(json []byte) []byte {
	if plain(json) {
		return json
	}
	out := make([]byte, 0, len(json)+len(json)/16)
	for i := 0; i < len(json); {
		r, size := utf8.DecodeRune(json[i:])
		switch {
		case r > 0xffff && !printable(r):
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		case !printable(r), r == '#' && command(json[i:]):
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = append(out, json[i:i+size]...)
		}
		i += size
	}
	return out
}

func printable(r rune) bool { return r == '\n' || unicode.IsGraphic(r) }

// plain reports whether json certainly needs no escapes, which is true of most JSON.
func plain(json []byte) bool {
	for i, c := range json {
		if c >= 0x7f || c == '#' && i+1 < len(json) && json[i+1] == '#' {
			return false
		}
	}
	return true
}

// command reports whether a CI runner would read a command here.
func command(s []byte) bool {
	if len(s) < 2 || s[1] != '#' {
		return false
	}
	i := 2
	for i < len(s) && 'a' <= s[i]|0x20 && s[i]|0x20 <= 'z' {
		i++
	}
	return i < len(s) && s[i] == '['
}
