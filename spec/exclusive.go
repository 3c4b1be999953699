package spec

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// exclusive adds an exclusive block to the known ones. Two with overlapping filters would each
// delete messages that belong to the other.
func (a *arguments) exclusive(block FilterBlock, name string, known []Exclusive) []Exclusive {
	x := Exclusive{FilterBlock: block, Name: name, Except: a.except(block.Filter)}
	if a.broken {
		return known
	}
	for _, other := range known {
		if other.Broker == x.Broker && mqtt.Overlap(other.Filter, x.Filter) {
			at := x.FilterRange
			a.sink.Add(diag.Errorf(&at, "Exclusive filters that overlap",
				"Some topics match both this filter, %q, and %q of %s at %s. A topic can belong to only one exclusive "+
					"block. Narrow one of the filters, or merge the blocks.",
				x.Filter, other.Filter, other.Address, other.FilterRange))
		}
	}
	return append(known, x)
}

// except reads the except filters of a block with the filter within.
func (a *arguments) except(within string) []string {
	value, given := a.plain("except", cty.List(cty.String))
	if !given {
		return nil
	}
	var filters []string
	for it := value.ElementIterator(); it.Next(); {
		_, element := it.Element()
		if element.IsNull() {
			a.invalid("except", "The list contains a null. Its elements must be topic filters.")
			return nil
		}
		filter := element.AsString()
		a.checkFilter("except", filter)
		if !a.broken && !mqtt.Overlap(within, filter) {
			a.sink.AddKind(filter, diag.Warnf(declare.RangeOf(a.attrs, a.at, "except"), "Exception without effect",
				"No topic matches both the filter %q and its exception %q.",
				diag.Excerpt(within), diag.Excerpt(filter)))
		}
		filters = append(filters, filter)
	}
	return filters
}

// check reports a declared message that contradicts the block.
func (x *Exclusive) check(in *expansion, m *Message) {
	switch {
	case !x.Matches(m.Broker, m.Topic):
	case x.Excepts(m.Topic):
		in.sink.AddKind(x.Address, diag.Errorf(in.decl.FieldRange(0), "Declared topic in an except filter",
			"The topic %q is declared here, and %s at %s excepts it. Exceptions are for topics that are managed "+
				"elsewhere. Remove one of them, or narrow the except filter.",
			diag.Excerpt(m.Topic), x.Address, x.Range))
	case m.OnDestroy == "forget":
		at := declare.RangeOf(in.decl.Lifecycle, &in.decl.At, "on_destroy")
		in.sink.AddKind(x.Address, diag.Errorf(at, "Message to be forgotten in an exclusive filter",
			"The topic %q matches the filter %q of %s at %s, which deletes messages that are no longer declared: the "+
				"message would not be left on the broker. Use on_destroy = \"delete\" here. To leave the message on "+
				"the broker later, replace this block with a removed block for its topic.",
			diag.Excerpt(m.Topic), x.Filter, x.Address, x.Range))
	}
}
