package render

import (
	"bytes"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// safeJSON passes JSON on with what Escape would not print raw as \u escapes: the
// encoder leaves DEL, the C1 controls (a terminal takes U+009B for an escape
// sequence) and bidirectional overrides as they are, and a CI runner may read its
// commands in any line. They stand in strings only, so the document says the same.
// A Write takes whole documents, as the encoder gives them.
type safeJSON struct{ w io.Writer }

func (s safeJSON) Write(p []byte) (int, error) {
	out := p
	if bytes.IndexFunc(p, unprintable) >= 0 || bytes.Contains(p, []byte("##")) {
		out = escapeJSON(p)
	}
	if _, err := s.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

func unprintable(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) }

func escapeJSON(p []byte) []byte {
	out := make([]byte, 0, len(p)+len(p)/16)
	for i := 0; i < len(p); {
		r, size := utf8.DecodeRune(p[i:])
		switch {
		case r > 0xffff && unprintable(r):
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		case unprintable(r), r == '#' && startsCommand(p[i:], false):
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = append(out, p[i:i+size]...)
		}
		i += size
	}
	return out
}
