package declare

import (
	"iter"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Reference is a reference in an expression: var.site, message.attic.topic,
// module.room["a"].topic.
type Reference struct {
	Root      string // "var"
	Name      string // "site"
	NameRange hcl.Range
	Named     bool // false for a root without a name, or with a computed one

	Traversal hcl.Traversal
}

// NewReference returns the reference of a traversal. The name is an attribute, or an index
// that is a literal string.
func NewReference(t hcl.Traversal) Reference {
	r := Reference{Root: t.RootName(), Traversal: t}
	if len(t) < 2 {
		return r
	}
	switch s := t[1].(type) {
	case hcl.TraverseAttr:
		r.Name, r.NameRange, r.Named = s.Name, s.SrcRange, true
	case hcl.TraverseIndex:
		if s.Key.Type() == cty.String && s.Key.IsKnown() && !s.Key.IsNull() {
			r.Name, r.NameRange, r.Named = s.Key.AsString(), s.SrcRange, true
		}
	}
	return r
}

// References returns the references in expressions, in the order of the source.
func References(exprs ...hcl.Expression) iter.Seq[Reference] {
	return func(yield func(Reference) bool) {
		for _, expr := range exprs {
			for _, t := range expr.Variables() {
				if !yield(NewReference(t)) {
					return
				}
			}
		}
	}
}
