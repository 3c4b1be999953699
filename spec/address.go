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

// Quote spells s as a literal string of the language, on one line: nothing in it is a
// command to a terminal or a CI runner that prints it.
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
		case r == '#' && runnerCommand(s[i:]):
			b.WriteString(`\u0023`)
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

// runnerCommand tells whether s begins as what Azure Pipelines takes for a command
// anywhere in a line: "##vso[", "##[".
func runnerCommand(s string) bool {
	name, ok := strings.CutPrefix(s, "##")
	letter := func(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }
	return ok && strings.HasPrefix(strings.TrimLeftFunc(name, letter), "[")
}
