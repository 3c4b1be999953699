package spec

import (
	"slices"
	"sync"

	"github.com/hashicorp/hcl/v2"
)

// Block describes a kind of block. The language's blocks are one table: what
// decoding takes, "retainctl schema -json" and the tables of docs/language.md all
// come from it.
type Block struct {
	Type      string     `json:"type"`
	Kind      string     `json:"kind,omitempty"`   // the first label, where it decides the arguments
	Labels    []string   `json:"labels,omitempty"` // what the labels are, the kind among them
	Doc       string     `json:"doc"`
	RootOnly  bool       `json:"root_only,omitempty"` // stands in no module
	Once      bool       `json:"once,omitempty"`      // at most one stands in what holds it
	Arguments []Argument `json:"arguments,omitempty"`
	Others    string     `json:"others,omitempty"` // what an argument of any other name is; "" where there is none
	Blocks    []Block    `json:"blocks,omitempty"`
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

// Language describes every block that a configuration can have. The table is made
// once: a configuration may have 100,000 blocks. Nobody changes it.
var Language = sync.OnceValue(func() []Block {
	return slices.Concat([]Block{messageBlock()}, brokerBlocks(), scopeBlocks(), moduleBlocks(), []Block{settingsBlock()})
})

// described finds the description of a block, with its kind where it has kinds; nil
// where there is no such kind.
func described(typ, kind string) *Block {
	for _, b := range Language() {
		if b.Type == typ && b.Kind == kind {
			return &b
		}
	}
	return nil
}

// block finds the description of a block within this one.
func (b *Block) block(typ string) *Block {
	i := slices.IndexFunc(b.Blocks, func(inner Block) bool { return inner.Type == typ })
	return &b.Blocks[i]
}

func (b *Block) names() []string {
	var names []string
	for _, a := range b.Arguments {
		names = append(names, a.Name)
	}
	return names
}

// schema is what HCL checks a body against.
func (b *Block) schema() *hcl.BodySchema {
	s := &hcl.BodySchema{Blocks: headers(b.Blocks)}
	for _, name := range b.names() {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: name})
	}
	return s
}

// headers are the block types of a body, each once.
func headers(blocks []Block) []hcl.BlockHeaderSchema {
	var all []hcl.BlockHeaderSchema
	for _, b := range blocks {
		same := func(h hcl.BlockHeaderSchema) bool { return h.Type == b.Type }
		if !slices.ContainsFunc(all, same) {
			all = append(all, hcl.BlockHeaderSchema{Type: b.Type, LabelNames: b.Labels})
		}
	}
	return all
}

// kinds are the values that a block's first label can have.
func kinds(blocks []Block, typ string) []string {
	var all []string
	for _, b := range blocks {
		if b.Type == typ {
			all = append(all, b.Kind)
		}
	}
	return all
}
