package spec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// keepKeyMarks makes { a = 1, b = 2 }[key] sensitive where the key is: hcl.Index
// drops the marks of a key of an object, and which value was chosen tells the key.
// Templates in HCL's JSON form are parsed as they are evaluated and stay as hcl has them.
func keepKeyMarks(root hclsyntax.Node) {
	hclsyntax.VisitAll(root, func(n hclsyntax.Node) hcl.Diagnostics {
		if index, ok := n.(*hclsyntax.IndexExpr); ok {
			in := &hclsyntax.ParenthesesExpr{Expression: index.Collection, SrcRange: index.Collection.Range()}
			index.Collection = &keyed{in, index.Key}
		}
		return nil
	})
}

// keyed is a collection that is sensitive where the key is that is looked up in it.
// As parentheses around the collection it lets hcl's walks find what is inside.
type keyed struct {
	*hclsyntax.ParenthesesExpr
	key hclsyntax.Expression
}

func (k *keyed) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := k.ParenthesesExpr.Value(ctx)
	if !diags.HasErrors() && v.Type().IsObjectType() && touchesSecret(k.key, ctx) {
		v = v.Mark(sensitive)
	}
	return v, diags
}
