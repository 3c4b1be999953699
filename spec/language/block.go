// Package language is the table of the blocks that a configuration can have, with
// their arguments. What decoding accepts, what "retainctl schema -json" prints and
// the tables of docs/language.md are all made from it, so that none of them can
// know an argument that another does not.
package language

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/mqtt"
)

// Block describes a kind of block.
type Block struct {
	Type      string     `json:"type"`
	Kind      string     `json:"kind,omitempty"`   // the first label, if it decides the arguments
	Labels    []string   `json:"labels,omitempty"` // what the labels are, the kind among them
	Doc       string     `json:"doc"`
	RootOnly  bool       `json:"root_only,omitempty"` // allowed in the root module only
	Once      bool       `json:"once,omitempty"`      // at most one in what holds it
	Arguments []Argument `json:"arguments,omitempty"`
	Others    string     `json:"others,omitempty"` // what an argument of any other name is; "" if there is none
	Blocks    []Block    `json:"blocks,omitempty"`

	// Accepts is what each broker of the kind accepts, known without asking it.
	Accepts mqtt.Limits `json:"-"`
}

// Argument describes one argument of a block.
type Argument struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Required  bool   `json:"required,omitempty"`
	Sensitive bool   `json:"sensitive,omitempty"` // never shown, whatever it is made of
	Default   string `json:"default,omitempty"`   // an expression of the language, or words
	Limits    string `json:"limits,omitempty"`
	Doc       string `json:"doc"`
}

// Inner returns the description of a block within this one.
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

// Schema returns what HCL checks a body against.
func (b *Block) Schema() *hcl.BodySchema {
	s := &hcl.BodySchema{Blocks: Headers(b.Blocks)}
	for _, name := range b.Names() {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: name})
	}
	return s
}

// Headers returns the block types of a body, each once.
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

// Kinds returns the values that a block's first label can have.
func Kinds(blocks []Block, typ string) []string {
	var all []string
	for _, b := range blocks {
		if b.Type == typ {
			all = append(all, b.Kind)
		}
	}
	return all
}
