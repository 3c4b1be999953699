package language

import (
	"slices"
	"sync"
)

// Blocks describes every block of the top level. The table is made once, since a
// configuration may have 100,000 blocks, and nobody changes it.
var Blocks = sync.OnceValue(func() []Block {
	return slices.Concat([]Block{messageBlock()}, brokerBlocks(), scopeBlocks(), moduleBlocks(), []Block{settingsBlock()})
})

// Find returns the description of a block, and of its kind if it has kinds; nil if
// there is no such kind.
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
