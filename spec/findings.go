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
func (f *findings) block(m *declare.Message) *diag.Collector {
	if f.blocks[m] == nil {
		f.blocks[m] = diag.NewCollector("block")
	}
	return f.blocks[m]
}

// diagnostics returns all diagnostics, by block.
func (f *findings) diagnostics() hcl.Diagnostics {
	diags := f.general.Diagnostics()
	byLabel := func(a, b *declare.Message) int { return strings.Compare(a.Label, b.Label) }
	for _, m := range slices.SortedFunc(maps.Keys(f.blocks), byLabel) {
		diags = append(diags, f.blocks[m].Diagnostics()...)
	}
	return diags
}
