package declare

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// NotNormal returns the names and strings within a range of a configuration file that are not written in
// Unicode's normal form NFC. Strings of the language are in NFC, so they would become others that look the same.
func (s *Source) NotNormal(within hcl.Range) []hcl.Range {
	all := s.notNormal[within.Filename]
	first, _ := slices.BinarySearchFunc(all, within.Start.Byte, func(at hcl.Range, start int) int {
		return cmp.Compare(at.Start.Byte, start)
	})
	end := first
	for end < len(all) && all[end].End.Byte <= within.End.Byte {
		end++
	}
	return all[first:end]
}

// AllNormal reports whether all names and strings in the configuration files are written in NFC.
func (s *Source) AllNormal() bool { return len(s.notNormal) == 0 }

// notNormal returns the places of the names and strings in a file that are not written in NFC, in their order.
func notNormal(src []byte, name string) []hcl.Range {
	escaped := bytes.Contains(src, []byte(`\u`)) || bytes.Contains(src, []byte(`\U`))
	if !escaped && isNormal(string(src)) {
		return nil
	}
	if strings.HasSuffix(name, ".json") {
		return jsonNotNormal(src, name)
	}
	var all []hcl.Range
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	for _, t := range tokens {
		text := string(t.Bytes)
		switch t.Type {
		case hclsyntax.TokenQuotedLit:
			text = unescaped(text)
		case hclsyntax.TokenStringLit, hclsyntax.TokenIdent:
		default:
			continue
		}
		if !isNormal(text) {
			all = append(all, t.Range)
		}
	}
	return all
}

// jsonNotNormal is notNormal for a JSON file.
func jsonNotNormal(src []byte, name string) []hcl.Range {
	var all []hcl.Range
	for start := 0; start < len(src); {
		open := bytes.IndexByte(src[start:], '"')
		if open < 0 {
			break
		}
		open += start
		start = endOfString(src, open)
		if !isNormal(unescaped(string(src[open:start]))) {
			at := placeOf(src, name, open)
			at.End = hcl.Pos{Line: at.Start.Line, Column: at.Start.Column + start - open, Byte: start}
			all = append(all, at)
		}
	}
	return all
}

// endOfString returns the place after the string of a JSON text that begins at open.
func endOfString(src []byte, open int) int {
	for i := open + 1; i < len(src); i++ {
		switch src[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(src)
}

// isNormal reports whether a text is in NFC.
func isNormal(text string) bool { return cty.NormalizeString(text) == text }

// unescaped returns the text of a string with its escapes of characters replaced: \uXXXX and, in
// native syntax, \UXXXXXXXX. Other escapes are left as they are.
func unescaped(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := escapedRune(text[i:])
		if n == 0 {
			n = 1
			if text[i] == '\\' {
				n = min(2, len(text)-i)
			}
			b.WriteString(text[i : i+n])
		} else {
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// escapedRune parses an escape of a character at the beginning of a text. n is its length, or 0 if there is none.
func escapedRune(text string) (r rune, n int) {
	if strings.HasPrefix(text, `\U`) && len(text) >= 10 {
		if code, err := strconv.ParseUint(text[2:10], 16, 32); err == nil {
			return rune(code), 10
		}
		return 0, 0
	}
	first, ok := unicodeEscape([]byte(text[:min(len(text), 6)]))
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(first) && len(text) >= 12 {
		if second, ok := unicodeEscape([]byte(text[6:12])); ok {
			return utf16.DecodeRune(first, second), 12
		}
	}
	return first, 6
}
