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
func (s *filterBlocks) evaluate(mod *moduleInstance) {
	for _, decl := range mod.decl.FilterBlocks {
		a := mod.arguments(decl.Attrs, &decl.At)
		scope := a.filterBlock(decl, mod.place, mod.brokers)
		switch decl.Kind {
		case "exclusive":
			s.exclusives = a.exclusive(scope, decl.Label, s.exclusives)
		case "protect":
			s.protects = appendSound(s.protects, a, scope)
		case "removed":
			s.removed = appendSound(s.removed, a, scope)
		case "schema":
			s.schemas = appendSound(s.schemas, a, a.schemaFilter(mod.schemas, scope))
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
