package language

import (
	"slices"
	"sync"
)

// Blocks returns the descriptions of all top-level blocks. The table is made once, because
// a configuration may have 100,000 blocks. It must not be modified.
var Blocks = sync.OnceValue(func() []Block {
	return slices.Concat([]Block{messageBlock()}, brokerBlocks(), filterBlocks(), moduleBlocks(), []Block{settingsBlock()})
})

// Find returns the description of a top-level block, given by its type and its kind; kind
// is "" for blocks that have no kinds. It returns nil if there is no such block.
func Find(typ, kind string) *Block {
	for _, b := range Blocks() {
		if b.Type == typ && b.Kind == kind {
			return &b
		}
	}
	return nil
}

// SensitiveNames returns the names of the arguments that are never shown, whatever they
// are made of, in any block.
var SensitiveNames = sync.OnceValue(func() []string {
	var names []string
	var add func(blocks []Block)
	add = func(blocks []Block) {
		for _, b := range blocks {
			for _, a := range b.Arguments {
				if a.Sensitive {
					names = append(names, a.Name)
				}
			}
			add(b.Blocks)
		}
	}
	add(Blocks())
	slices.Sort(names)
	return slices.Compact(names)
})
