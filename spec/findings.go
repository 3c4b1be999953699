package spec

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// findings collects the diagnostics of one module, in any of its instances.
type findings struct {
	general  *diag.Collector
	blocks   map[*declare.Message]*diag.Collector
	reported map[string]bool // keys of mistakes that are reported once
}

func newFindings() *findings {
	return &findings{
		general:  diag.NewCollector("module"),
		blocks:   map[*declare.Message]*diag.Collector{},
		reported: map[string]bool{},
	}
}

// block returns the collector of a message block.
func (n *findings) block(m *declare.Message) *diag.Collector {
	if n.blocks[m] == nil {
		n.blocks[m] = diag.NewCollector("block")
	}
	return n.blocks[m]
}

// diagnostics returns all diagnostics, by block.
func (n *findings) diagnostics() hcl.Diagnostics {
	diags := n.general.Diagnostics()
	byLabel := func(a, b *declare.Message) int { return strings.Compare(a.Label, b.Label) }
	for _, m := range slices.SortedFunc(maps.Keys(n.blocks), byLabel) {
		diags = append(diags, n.blocks[m].Diagnostics()...)
	}
	return diags
}
