package spec

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// scopes are the evaluated blocks that bound a plan.
type scopes struct {
	exclusives []Exclusive
	protects   []Scope
	removed    []Scope
	schemas    []schemaBlock
}

// evaluate adds the blocks of one module that bound a plan.
func (found *scopes) evaluate(e *moduleInstance) {
	for _, decl := range e.decl.Scopes {
		a := e.arguments(decl.Attrs, &decl.At)
		s := a.scope(decl, e.place, e.brokers)
		switch decl.Kind {
		case "exclusive":
			found.exclusive(a, s, decl.Label)
		case "protect":
			found.protects = appendSound(found.protects, a, s)
		case "removed":
			found.removed = appendSound(found.removed, a, s)
		case "schema":
			found.schemas = appendSound(found.schemas, a, a.schemaBlock(e.schemas, s))
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

// scope reads what all of these blocks have. One that deletes or forgets is about
// one broker; one that only forbids is about every broker that it does not name.
func (a *arguments) scope(decl *declare.Scope, at modulePath, brokers *brokerSet) Scope {
	s := Scope{Address: at.path + addrs.Scope(decl.Kind, decl.Label), Range: decl.At, FilterRange: *declare.RangeOf(decl.Attrs, &decl.At, "filter")}
	if decl.Kind == "exclusive" || decl.Kind == "removed" || decl.Attrs["broker"] != nil {
		s.Broker = a.broker(brokers, decl.Kind+" block")
	}
	value, given := a.plain("filter", cty.String)
	switch {
	case given:
		s.Filter = value.AsString()
		a.checkFilter("filter", s.Filter)
	case decl.Attrs["filter"] == nil:
		a.wrong("filter", "Missing filter", "A block of this kind speaks of the topics that match its filter: filter = \"site/+/config\", or \"site/#\".")
	case !a.broken:
		a.wrong("filter", "Null filter", "filter is null. Give a topic filter, such as \"site/+/config\" or \"site/#\".")
	}
	return s
}

// checkFilter reports what is no topic filter, and one that no declared topic can
// match. A "$share" filter would even take messages away from others (4.8.2).
func (a *arguments) checkFilter(name, filter string) {
	switch err := mqtt.CheckFilter(filter); {
	case err != nil:
		a.invalid(name, "%q is no topic filter: %s.", diag.Excerpt(filter), err)
	case filter[0] == '$':
		a.invalid(name, "%q cannot match a declared topic: those that start with \"$\" are reserved for the broker.", diag.Excerpt(filter))
	}
}

// check reports declared messages that a block says otherwise about. Every
// instance of a message block is looked at, and a mistake is reported once for
// each of the two blocks.
func (s *scopes) check(blocks []*expansion) {
	for _, x := range blocks {
		for i := range x.messages {
			m := &x.messages[i]
			x.at(m.Address, m.Index)
			s.checkMessage(x, m)
		}
		x.sink.Instance = x.place.instance()
	}
}

func (s *scopes) checkMessage(x *expansion, m *Message) {
	for i := range s.exclusives {
		s.exclusives[i].check(x, m)
	}
	for _, r := range s.removed {
		if r.Has(m.Broker, m.Topic) {
			x.sink.AddKind(r.Range.String(), diag.Errorf(x.decl.FieldRange(0), "Declared topic in a removed filter", "The topic %q is declared here, and the filter %q of the removed block at %s says that it is to be forgotten. Remove one of them, or narrow the filter.",
				diag.Excerpt(m.Topic), r.Filter, r.Range))
		}
	}
	for i := range s.schemas {
		s.schemas[i].check(x, m)
	}
}
