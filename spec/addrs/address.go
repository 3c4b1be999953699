// Package addrs writes the addresses of blocks and their instances, as they appear in
// expressions, plans and states: message.NAME["key"]. An address is one line and safe to
// print, whatever the labels and keys contain.
package addrs

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Message returns the address of a message block, or of one of its instances if
// index is a number or a string: message.NAME, message.NAME[0], message.NAME["key"].
// A label that is not an identifier is quoted: message["house/attic"].
func Message(name string, index cty.Value) string {
	if hclsyntax.ValidIdentifier(name) {
		return "message." + name + Key(index)
	}
	return "message[" + Quote(name) + "]" + Key(index)
}

// Module returns the address of a module block, or of one of its instances:
// module.NAME, module.NAME["key"].
func Module(name string, index cty.Value) string { return "module." + name + Key(index) }

// FilterBlock returns the address of an exclusive, protect, removed or schema block:
// protect.prod, removed.
func FilterBlock(kind, label string) string {
	switch {
	case label == "":
		return kind
	case hclsyntax.ValidIdentifier(label):
		return kind + "." + label
	}
	return kind + "[" + Quote(label) + "]"
}

// Key returns the part of an address that distinguishes an instance from the others of
// its block: [0], ["key"], or "" for cty.NilVal.
func Key(index cty.Value) string {
	switch {
	case index == cty.NilVal:
		return ""
	case index.Type() == cty.String:
		return "[" + Quote(index.AsString()) + "]"
	}
	return "[" + index.AsBigFloat().Text('f', -1) + "]"
}

// Quote returns s as a literal string of the language, on one line. A terminal or a CI
// runner that prints it finds no commands in it.
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

// runnerCommand reports whether s begins like a command of Azure Pipelines, which is
// recognized anywhere in a line: "##vso[", "##[".
func runnerCommand(s string) bool {
	name, ok := strings.CutPrefix(s, "##")
	letter := func(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }
	return ok && strings.HasPrefix(strings.TrimLeftFunc(name, letter), "[")
}
