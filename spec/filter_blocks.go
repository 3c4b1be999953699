package spec

import "github.com/retainctl/retainctl/spec/diag"

// filterBlocks are the evaluated blocks that bound a plan.
type filterBlocks struct {
	exclusives []Exclusive
	protects   []Scope
	removed    []Scope
	schemas    []schemaFilter
}

// evaluate adds the blocks of one module that bound a plan.
func (found *filterBlocks) evaluate(mod *moduleInstance) {
	for _, decl := range mod.decl.FilterBlocks {
		a := mod.arguments(decl.Attrs, &decl.At)
		s := a.filterBlock(decl, mod.place, mod.brokers)
		switch decl.Kind {
		case "exclusive":
			found.exclusives = a.exclusive(s, decl.Label, found.exclusives)
		case "protect":
			found.protects = appendSound(found.protects, a, s)
		case "removed":
			found.removed = appendSound(found.removed, a, s)
		case "schema":
			found.schemas = appendSound(found.schemas, a, a.schemaFilter(mod.schemas, s))
		}
	}
}

// appendSound appends a block unless something was wrong with its arguments.
func appendSound[T any](list []T, a *arguments, block T) []T {
	if a.broken {
		return list
	}
	return append(list, block)
}

// check reports declared messages that contradict a block. Every instance of a message
// block is looked at, and a mistake is reported once for each two blocks.
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
		if r.Has(m.Broker, m.Topic) {
			x.sink.AddKind(r.Range.String(), diag.Errorf(x.decl.FieldRange(0), "Declared topic in a removed filter",
				"The topic %q is declared here, and the filter %q of the removed block at %s says that it is to be "+
					"forgotten. Remove one of them, or narrow the filter.",
				diag.Excerpt(m.Topic), r.Filter, r.Range))
		}
	}
	for i := range s.schemas {
		s.schemas[i].check(x, m)
	}
}
