package spec

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/addrs"
)

// Address returns the address of a message block, or of one of its instances if index is a
// number or a string: message.NAME, message.NAME[0], message.NAME["key"]. index is cty.NilVal
// for the block. A label that is not an identifier is quoted: message["house/attic"].
func Address(name string, index cty.Value) string { return addrs.Message(name, index) }

// ModuleAddress returns the address of a module block, or of one of its instances:
// module.NAME, module.NAME[0], module.NAME["key"]. index is cty.NilVal for the block.
func ModuleAddress(name string, index cty.Value) string { return addrs.Module(name, index) }

// FilterBlockAddress returns the address of an exclusive, protect, removed or schema block:
// protect.prod, removed. kind is the block's type, and label is "" for a removed block.
func FilterBlockAddress(kind, label string) string { return addrs.FilterBlock(kind, label) }

// Quote returns s as a literal string of the language, on one line. A terminal or a CI
// runner that prints it finds no commands in it.
func Quote(s string) string { return addrs.Quote(s) }
