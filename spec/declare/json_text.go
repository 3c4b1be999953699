package declare

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
)

// checkJSONText refuses text that the JSON parser would silently replace. Bytes that are not
// UTF-8 and half of a surrogate pair both become U+FFFD, so a topic or payload would be
// published that the author did not write.
func checkJSONText(src []byte, name string) *hcl.Diagnostic {
	for i := 0; i < len(src); {
		if src[i] == '\\' {
			n := escapeLength(src[i:])
			if n == 0 {
				return badText(src, name, i,
					"This is half of a surrogate pair: \\uD800 to \\uDBFF must be followed by \\uDC00 to \\uDFFF. "+
						"Write the character itself, or both halves.")
			}
			i += n
			continue
		}
		r, n := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && n == 1 {
			return badText(src, name, i,
				"This byte is not part of valid UTF-8. Save the file as UTF-8. Write bytes that are not text as "+
					"payload_base64.")
		}
		i += n
	}
	return nil
}

// escapeLength returns the length of an escape in bytes, or 0 if it is half a character.
// Invalid JSON is left to the parser.
func escapeLength(src []byte) int {
	first, ok := unicodeEscape(src)
	if !ok {
		return min(2, len(src))
	}
	if !utf16.IsSurrogate(first) {
		return 6
	}
	second, ok := unicodeEscape(src[6:])
	if !ok || utf16.DecodeRune(first, second) == utf8.RuneError {
		return 0
	}
	return 12
}

// unicodeEscape parses an escape at the beginning of src: a backslash, u and four
// hexadecimal digits.
func unicodeEscape(src []byte) (rune, bool) {
	if len(src) < 6 || src[0] != '\\' || src[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(src[2:6]), 16, 16)
	return rune(n), err == nil
}

func badText(src []byte, name string, at int, detail string) *hcl.Diagnostic {
	place := placeOf(src, name, at)
	return diag.Errorf(&place, "Invalid text", "%s", detail)
}

// placeOf returns the range of the byte at a place in a file.
func placeOf(src []byte, name string, at int) hcl.Range {
	line := 1 + bytes.Count(src[:at], []byte("\n"))
	column := at - bytes.LastIndexByte(src[:at], '\n')
	start := hcl.Pos{Line: line, Column: column, Byte: at}
	end := hcl.Pos{Line: line, Column: column + 1, Byte: at + 1}
	return hcl.Range{Filename: name, Start: start, End: end}
}
