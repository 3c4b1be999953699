package spec

import (
	"iter"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// brokerSet holds the broker blocks of a configuration.
type brokerSet struct {
	decls  []*declare.Broker
	byName map[string]*declare.Broker
	limits map[string]mqtt.Limits // by name: what each accepts, known without asking it
}

// newBrokerSet returns the declared brokers, or the default broker if there are none.
func newBrokerSet(declared []*declare.Broker) *brokerSet {
	if len(declared) == 0 {
		declared = []*declare.Broker{{Type: "embedded", Name: "default"}}
	}
	b := &brokerSet{declared, map[string]*declare.Broker{}, map[string]mqtt.Limits{}}
	for _, decl := range declared {
		b.byName[decl.Name], b.limits[decl.Name] = decl, mqtt.StandardLimits
		if kind := language.Find("broker", decl.Type); kind != nil { // nil: the declaration was refused
			b.limits[decl.Name] = kind.Accepts
		}
	}
	return b
}

// names iterates over the names in the order of declaration.
func (b *brokerSet) names() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, decl := range b.decls {
			if !yield(decl.Name) {
				return
			}
		}
	}
}

// broker returns the name of the broker that a block applies to: the one that it names, or the
// only one. what describes the block in errors.
func (a *arguments) broker(all *brokerSet, what string) string {
	if a.attrs["broker"] == nil {
		if len(all.decls) == 1 {
			return all.decls[0].Name
		}
		a.wrong("broker", "Missing broker",
			"Several brokers are declared, so this %s must name one: broker = broker.NAME, with one of %s.",
			what, diag.OneOf(slices.Collect(all.names())))
		return ""
	}
	value, given := a.plain("broker", cty.String)
	switch {
	case !given && !a.broken:
		a.wrong("broker", "Null broker",
			"broker is null. Name a broker, or remove the argument if only one is declared.")
	case given && all.byName[value.AsString()] == nil:
		a.wrong("broker", "Undeclared broker",
			"No broker block declares %q.%s", value.AsString(), diag.DidYouMean(value.AsString(), all.names()))
	case given:
		return value.AsString()
	}
	return ""
}
