package plan

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/mqtt/payload"
	"github.com/retainctl/retainctl/spec"
)

// idlePaths collects the paths of ignore_changes that occur in no message.
type idlePaths struct {
	blocks map[hcl.Range]*Idle // by the block's header; Filters are the paths not found yet
	order  []*Idle
}

// idleIgnored returns the message blocks with ignored paths that occur in no instance, declared,
// recorded or live.
func idleIgnored(in *Input, topics []*topic) []Idle {
	if in.Mode != Normal || len(in.Target)+len(in.Exclude) > 0 {
		return nil
	}
	p := idlePaths{blocks: map[hcl.Range]*Idle{}}
	for _, t := range topics {
		if t.decl != nil && len(t.decl.IgnoreLeaves) > 0 {
			p.visit(t)
		}
	}
	var found []Idle
	for _, block := range p.order {
		if len(block.Filters) > 0 {
			found = append(found, *block)
		}
	}
	return found
}

func (p *idlePaths) visit(t *topic) {
	block := p.of(t.decl)
	if len(block.Filters) == 0 {
		return
	}
	if t.rec != nil && !t.rec.Redaction.None() || t.observed.Unread[t.key.Topic] != nil {
		block.Filters = nil // what is hidden or unread may have them
		return
	}
	known := [][]byte{t.decl.Payload, t.observed.Live[t.key.Topic].Payload}
	if t.rec != nil {
		known = append(known, t.rec.Message.Payload)
	}
	for _, text := range known {
		if doc, ok := payload.Parse(text); ok {
			block.Filters = slices.DeleteFunc(block.Filters, func(path string) bool { return occurs(doc, path) })
		}
	}
}

// of returns the entry of a message's block, with the address of its first message.
func (p *idlePaths) of(d *spec.Message) *Idle {
	block := p.blocks[d.Range]
	if block == nil {
		block = &Idle{d.Address, slices.Clone(d.IgnoreLeaves), d.Range.Filename, d.Range.Start.Line}
		p.blocks[d.Range], p.order = block, append(p.order, block)
	}
	return block
}

// occurs reports whether a document has a value at a path.
func occurs(doc payload.Doc, path string) bool {
	if _, ok := doc.Get(path); ok {
		return true
	}
	paths := payload.NewPaths([]string{path})
	return slices.ContainsFunc(doc.Leaves(), func(leaf payload.Leaf) bool { return paths.Covers(leaf.Pointer) })
}
