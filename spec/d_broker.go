package spec

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// brokerDecl is a broker block before evaluation.
type brokerDecl struct {
	typ, name string
	at        hcl.Range
	attrs     hcl.Attributes
}

func (r *reader) broker(b *hcl.Block, known []*brokerDecl) []*brokerDecl {
	decl := &brokerDecl{typ: b.Labels[0], name: b.Labels[1], at: b.DefRange}
	for _, other := range known {
		if other.name == decl.name {
			r.duplicate(b.DefRange, fmt.Sprintf("broker %q", decl.name), other.at, "Names of brokers are unique over all types, since broker.NAME stands for one.")
			return known
		}
	}
	r.identifier(decl.name, b.LabelRanges[1], "broker")
	known = append(known, decl)
	as := language.Find("broker", decl.typ)
	if as == nil {
		types := language.Kinds(language.Blocks(), "broker")
		r.report(diag.Errorf(&b.LabelRanges[0], "Unknown broker type", "There is no broker type %q.%s The types are %s.", decl.typ, diag.DidYouMean(decl.typ, slices.Values(types)), diag.OneOf(types)))
		return known
	}
	decl.attrs = r.content(b.Body, as).Attributes
	return known
}
