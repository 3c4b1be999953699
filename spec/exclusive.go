package spec

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// exclusive adds an exclusive block to those that are known. Two of them that overlap
// would each delete what belongs to the other.
func (a *arguments) exclusive(scope Scope, name string, known []Exclusive) []Exclusive {
	x := Exclusive{Scope: scope, Name: name, Except: a.except(scope.Filter)}
	if a.broken {
		return known
	}
	for _, other := range known {
		if other.Broker == x.Broker && mqtt.Overlap(other.Filter, x.Filter) {
			at := x.FilterRange
			a.sink.Add(diag.Errorf(&at, "Exclusive filters that overlap",
				"Some topics match both this filter, %q, and %q of %s at %s. A topic belongs to one exclusive "+
					"block at most: narrow one of the filters, or merge the blocks.",
				x.Filter, other.Filter, other.Address, other.FilterRange))
		}
	}
	return append(known, x)
}

// except reads the filters of what is left alone.
func (a *arguments) except(within string) []string {
	value, given := a.plain("except", cty.List(cty.String))
	if !given {
		return nil
	}
	var filters []string
	for it := value.ElementIterator(); it.Next(); {
		_, element := it.Element()
		if element.IsNull() {
			a.invalid("except", "The list holds a null; its elements are topic filters.")
			return nil
		}
		filter := element.AsString()
		a.checkFilter("except", filter)
		if !a.broken && !mqtt.Overlap(within, filter) {
			a.sink.AddKind(filter, diag.Warnf(declare.RangeOf(a.attrs, a.at, "except"), "Exception that excepts nothing",
				"No topic matches both the filter %q and its exception %q.",
				diag.Excerpt(within), diag.Excerpt(filter)))
		}
		filters = append(filters, filter)
	}
	return filters
}

// check reports a declared message that the block cannot leave as declared.
func (x *Exclusive) check(in *expansion, m *Message) {
	switch {
	case !x.Has(m.Broker, m.Topic):
	case x.Excepts(m.Topic):
		in.sink.AddKind(x.Address, diag.Errorf(in.decl.FieldRange(0), "Declared topic in an except filter",
			"The topic %q is declared here, and %s at %s excepts it, which is for topics that somebody else looks "+
				"after. Remove one of them, or narrow the except filter.",
			diag.Excerpt(m.Topic), x.Address, x.Range))
	case m.OnDestroy == "forget":
		in.sink.AddKind(x.Address, diag.Errorf(declare.RangeOf(in.decl.Lifecycle, &in.decl.At, "on_destroy"), "Message to be forgotten in an exclusive filter",
			"The topic %q is within the filter %q of %s at %s, which deletes what is no longer declared: the "+
				"message would not be left on the broker. Use on_destroy = \"delete\" here; to leave the message "+
				"one day, put a removed block with its topic in the place of this one.",
			diag.Excerpt(m.Topic), x.Filter, x.Address, x.Range))
	}
}
