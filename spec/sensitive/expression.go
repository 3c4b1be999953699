package sensitive

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// KeepKeyMarks makes { a = 1, b = 2 }[key] sensitive if the key is: hcl.Index
// drops the marks of a key of an object, and which value was chosen tells the key.
// Templates in HCL's JSON form are parsed as they are evaluated and stay as hcl has them.
func KeepKeyMarks(root hclsyntax.Node) {
	hclsyntax.VisitAll(root, func(n hclsyntax.Node) hcl.Diagnostics {
		if index, ok := n.(*hclsyntax.IndexExpr); ok {
			in := &hclsyntax.ParenthesesExpr{Expression: index.Collection, SrcRange: index.Collection.Range()}
			index.Collection = &keyed{in, index.Key}
		}
		return nil
	})
}

// keyed is a collection that is sensitive if the key is that is looked up in it.
// As parentheses around the collection it lets hcl's walks find what is inside.
type keyed struct {
	*hclsyntax.ParenthesesExpr
	key hclsyntax.Expression
}

func (k *keyed) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := k.ParenthesesExpr.Value(ctx)
	if !diags.HasErrors() && v.Type().IsObjectType() && UsedBy(k.key, ctx) {
		v = v.Mark(Mark)
	}
	return v, diags
}

// UsedBy reports whether an expression uses a sensitive value of ctx, or makes one.
func UsedBy(expr hcl.Expression, ctx *hcl.EvalContext) bool {
	if expr == nil {
		return false
	}
	for _, t := range expr.Variables() {
		value, diags := t.TraverseAbs(ctx)
		if diags.HasErrors() {
			value, _ = t[:1].TraverseAbs(ctx)
		}
		if Is(value) {
			return true
		}
	}
	node, ok := expr.(hclsyntax.Node)
	if !ok {
		return false
	}
	makes := false
	hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && call.Name == "sensitive" {
			makes = true
		}
		return nil
	})
	return makes
}
