package spec

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// filterBlock reads what all of these blocks have. One that deletes or forgets is about
// one broker; one that only forbids is about every broker that it does not name.
func (a *arguments) filterBlock(decl *declare.FilterBlock, at modulePath, brokers *brokerSet) Scope {
	s := Scope{Address: at.path + addrs.FilterBlock(decl.Kind, decl.Label), Range: decl.At, FilterRange: *declare.RangeOf(decl.Attrs, &decl.At, "filter")}
	if decl.Kind == "exclusive" || decl.Kind == "removed" || decl.Attrs["broker"] != nil {
		s.Broker = a.broker(brokers, decl.Kind+" block")
	}
	value, given := a.plain("filter", cty.String)
	switch {
	case given:
		s.Filter = value.AsString()
		a.checkFilter("filter", s.Filter)
	case decl.Attrs["filter"] == nil:
		a.wrong("filter", "Missing filter",
			"A block of this kind speaks of the topics that match its filter: filter = \"site/+/config\", or "+
				"\"site/#\".")
	case !a.broken:
		a.wrong("filter", "Null filter",
			"filter is null. Give a topic filter, such as \"site/+/config\" or \"site/#\".")
	}
	return s
}

// checkFilter reports an invalid topic filter, and one that no declared topic can
// match. A "$share" filter would even take messages away from others (4.8.2).
func (a *arguments) checkFilter(name, filter string) {
	switch err := mqtt.CheckFilter(filter); {
	case err != nil:
		a.invalid(name, "%q is no topic filter: %s.", diag.Excerpt(filter), err)
	case filter[0] == '$':
		a.invalid(name,
			"%q cannot match a declared topic: those that start with \"$\" are reserved for the broker.",
			diag.Excerpt(filter))
	}
}
