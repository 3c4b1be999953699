// Package language is the table of the blocks that a configuration can have, with their
// arguments. Decoding, the output of "retainctl schema -json" and the tables of
// docs/language.md are all made from it, so they always agree.
package language

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/mqtt"
)

// Block describes a kind of block.
type Block struct {
	Type      string     `json:"type"`
	Kind      string     `json:"kind,omitempty"`   // the first label, if the arguments depend on it
	Labels    []string   `json:"labels,omitempty"` // what the labels are, including the kind
	Doc       string     `json:"doc"`
	RootOnly  bool       `json:"root_only,omitempty"` // allowed in the root module only
	Once      bool       `json:"once,omitempty"`      // at most one in the block or configuration around it
	Arguments []Argument `json:"arguments,omitempty"`
	Others    string     `json:"others,omitempty"` // what arguments of other names are; "" if none are allowed
	Blocks    []Block    `json:"blocks,omitempty"`

	// Accepts is what each broker of the kind accepts, known without asking it.
	Accepts mqtt.Limits `json:"-"`
}

// Argument describes one argument of a block.
type Argument struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Required  bool   `json:"required,omitempty"`
	Sensitive bool   `json:"sensitive,omitempty"`        // never shown, even if its value is not marked
	Hidden    bool   `json:"may_be_sensitive,omitempty"` // never shown if its value is marked
	Default   string `json:"default,omitempty"`          // an expression of the language, or a description
	Limits    string `json:"limits,omitempty"`
	Doc       string `json:"doc"`
}

// Inner returns the description of a block within this one. It panics if there is none of
// that type.
func (b *Block) Inner(typ string) *Block {
	i := slices.IndexFunc(b.Blocks, func(inner Block) bool { return inner.Type == typ })
	return &b.Blocks[i]
}

// Names returns the names of the arguments.
func (b *Block) Names() []string {
	var names []string
	for _, a := range b.Arguments {
		names = append(names, a.Name)
	}
	return names
}

// Schema returns the schema that HCL checks the block's body against.
func (b *Block) Schema() *hcl.BodySchema {
	s := &hcl.BodySchema{Blocks: Headers(b.Blocks)}
	for _, name := range b.Names() {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: name})
	}
	return s
}

// Headers returns the headers of blocks for a schema of HCL, one for each type.
func Headers(blocks []Block) []hcl.BlockHeaderSchema {
	var all []hcl.BlockHeaderSchema
	for _, b := range blocks {
		same := func(h hcl.BlockHeaderSchema) bool { return h.Type == b.Type }
		if !slices.ContainsFunc(all, same) {
			all = append(all, hcl.BlockHeaderSchema{Type: b.Type, LabelNames: b.Labels})
		}
	}
	return all
}

// Kinds returns the kinds of the blocks of a type, in the order of the table.
func Kinds(blocks []Block, typ string) []string {
	var all []string
	for _, b := range blocks {
		if b.Type == typ {
			all = append(all, b.Kind)
		}
	}
	return all
}
