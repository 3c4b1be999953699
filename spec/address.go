package spec

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Address names a message block, or one of its instances where index is a number
// or a string: message.NAME, message.NAME[0], message.NAME["key"]. A label that
// is no identifier is quoted: message["house/attic"].
func Address(name string, index cty.Value) string {
	if hclsyntax.ValidIdentifier(name) {
		return "message." + name + indexed(index)
	}
	return "message[" + Quote(name) + "]" + indexed(index)
}

// ModuleAddress names a module block, or one of its instances: module.NAME,
// module.NAME["key"].
func ModuleAddress(name string, index cty.Value) string { return "module." + name + indexed(index) }

// indexed is the part of an address that tells an instance of its block.
func indexed(index cty.Value) string {
	switch {
	case index == cty.NilVal:
		return ""
	case index.Type() == cty.String:
		return "[" + Quote(index.AsString()) + "]"
	}
	return "[" + index.AsBigFloat().Text('f', -1) + "]"
}

// Quote spells s as a literal string of the language.
func Quote(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case (r == '$' || r == '%') && strings.HasPrefix(s[i+1:], "{"):
			b.WriteString(string(r) + string(r))
		case r > 0xFFFF && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
