package spec

import (
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// filterBlock reads the arguments that all filter blocks have. A block that deletes or forgets
// messages applies to one broker. One that only forbids something applies to every broker,
// unless it names one.
func (a *arguments) filterBlock(decl *declare.FilterBlock, at modulePath, brokers *brokerSet) FilterBlock {
	s := FilterBlock{
		Address:     at.path + addrs.FilterBlock(decl.Kind, decl.Label),
		Range:       decl.At,
		FilterRange: *declare.RangeOf(decl.Attrs, &decl.At, "filter"),
	}
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
			"The block needs a filter for the topics that it applies to, such as filter = \"site/+/config\" or "+
				"filter = \"site/#\".")
	case !a.broken:
		a.wrong("filter", "Null filter",
			"filter is null. Give a topic filter, such as \"site/+/config\" or \"site/#\".")
	}
	return s
}

// checkFilter reports an invalid topic filter, and one that cannot match a declared topic. With
// a "$share" filter, other subscribers would lose messages (4.8.2).
func (a *arguments) checkFilter(name, filter string) {
	switch err := mqtt.CheckFilter(filter); {
	case err != nil:
		a.invalid(name, "%q is not a topic filter: %s.", diag.Excerpt(filter), err)
	case filter[0] == '$':
		a.invalid(name,
			"%q cannot match a declared topic: topics that begin with \"$\" are reserved for the broker.",
			diag.Excerpt(filter))
	case strings.Contains(filter, "*"):
		a.sink.AddKind(filter, diag.Warnf(declare.RangeOf(a.attrs, a.at, name), "\"*\" in a topic filter",
			"%q matches only topics that contain \"*\". %s.", diag.Excerpt(filter), mqtt.StarAdvice))
	}
}
