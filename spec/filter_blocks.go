package spec

import "github.com/retainctl/retainctl/spec/diag"

// filterBlocks holds the evaluated filter blocks.
type filterBlocks struct {
	exclusives []Exclusive
	protects   []FilterBlock
	removed    []FilterBlock
	schemas    []schemaFilter
}

// evaluate adds the filter blocks of one module.
func (s *filterBlocks) evaluate(mod *moduleInstance) {
	for _, decl := range mod.decl.FilterBlocks {
		a := mod.arguments(decl.Attrs, &decl.At)
		block := a.filterBlock(decl, mod.place, mod.brokers)
		switch decl.Kind {
		case "exclusive":
			s.exclusives = a.exclusive(block, decl.Label, s.exclusives)
		case "protect":
			s.protects = appendValid(s.protects, a, block)
		case "removed":
			s.removed = appendValid(s.removed, a, block)
		case "schema":
			s.schemas = appendValid(s.schemas, a, a.schemaFilter(mod.schemas, block))
		}
	}
}

// appendValid appends a block unless one of its arguments is wrong.
func appendValid[T any](list []T, a *arguments, block T) []T {
	if a.broken {
		return list
	}
	return append(list, block)
}

// check reports declared messages that contradict a filter block. It checks every instance, and
// reports a mistake once for each pair of a message block and a filter block.
func (s *filterBlocks) check(blocks []*expansion) {
	for _, x := range blocks {
		for i := range x.messages {
			m := &x.messages[i]
			x.at(m.Address, m.Index)
			s.checkMessage(x, m)
		}
		x.sink.Instance = x.place.instance()
	}
}

func (s *filterBlocks) checkMessage(x *expansion, m *Message) {
	for i := range s.exclusives {
		s.exclusives[i].check(x, m)
	}
	for _, r := range s.removed {
		if r.Matches(m.Broker, m.Topic) {
			x.sink.AddKind(r.Range.String(), diag.Errorf(x.decl.FieldRange(0), "Declared topic in a removed filter",
				"The topic %q is declared here, and it matches the filter %q of the removed block at %s, which forgets "+
					"it. Remove one of them, or narrow the filter.",
				diag.Excerpt(m.Topic), r.Filter, r.Range))
		}
	}
	for i := range s.schemas {
		s.schemas[i].check(x, m)
	}
}
