package spec

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/addrs"
)

// Address returns the address of a message block, or of one of its instances if
// index is a number or a string: message.NAME, message.NAME[0], message.NAME["key"].
// A label that is no identifier is quoted: message["house/attic"].
func Address(name string, index cty.Value) string { return addrs.Message(name, index) }

// ModuleAddress returns the address of a module block, or of one of its instances:
// module.NAME, module.NAME["key"].
func ModuleAddress(name string, index cty.Value) string { return addrs.Module(name, index) }

// ScopeAddress returns the address of an exclusive, protect, removed or schema
// block: protect.prod, removed.
func ScopeAddress(kind, label string) string { return addrs.FilterBlock(kind, label) }

// Quote spells s as a literal string of the language, on one line. Nothing in it is a
// command to a terminal or a CI runner that prints it.
func Quote(s string) string { return addrs.Quote(s) }
