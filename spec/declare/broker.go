package declare

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// Broker is a broker block.
type Broker struct {
	Type, Name string
	At         hcl.Range // of the block's header
	Attrs      hcl.Attributes
}

// broker adds a broker block to the known ones.
func (r *reader) broker(b *hcl.Block, known []*Broker) []*Broker {
	decl := &Broker{Type: b.Labels[0], Name: b.Labels[1], At: b.DefRange}
	for _, other := range known {
		if other.Name == decl.Name {
			r.duplicate(b.DefRange, fmt.Sprintf("broker %q", decl.Name), other.At,
				"Names of brokers are unique across all types, because broker.NAME refers to one of them.")
			return known
		}
	}
	r.identifier(decl.Name, b.LabelRanges[1], "broker")
	known = append(known, decl)
	as := language.Find("broker", decl.Type)
	if as == nil {
		types := language.Kinds(language.Blocks(), "broker")
		r.report(diag.Errorf(&b.LabelRanges[0], "Unknown broker type",
			"There is no broker type %q.%s The types are %s.",
			decl.Type, diag.DidYouMean(decl.Type, slices.Values(types)), diag.OneOf(types)))
		return known
	}
	decl.Attrs = r.content(b.Body, as).Attributes
	return known
}
