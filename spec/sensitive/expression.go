package sensitive

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// KeepKeyMarks changes the expressions below root so that { a = 1, b = 2 }[key] is sensitive
// if the key is: hcl.Index drops the marks of an object's key, and the chosen value reveals the
// key. Templates in HCL's JSON form are parsed on evaluation, out of its reach, and keep hcl's
// behavior.
func KeepKeyMarks(root hclsyntax.Node) {
	hclsyntax.VisitAll(root, func(n hclsyntax.Node) hcl.Diagnostics {
		if index, ok := n.(*hclsyntax.IndexExpr); ok {
			in := &hclsyntax.ParenthesesExpr{Expression: index.Collection, SrcRange: index.Collection.Range()}
			index.Collection = &keyedCollection{in, index.Key}
		}
		return nil
	})
}

// keyedCollection is a collection that is sensitive if the key that is looked up in it is.
// It is a parenthesized expression, so that hcl's walks find the collection inside.
type keyedCollection struct {
	*hclsyntax.ParenthesesExpr
	key hclsyntax.Expression
}

func (k *keyedCollection) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := k.ParenthesesExpr.Value(ctx)
	if !diags.HasErrors() && v.Type().IsObjectType() && UsedBy(k.key, ctx) {
		v = v.Mark(Mark)
	}
	return v, diags
}

// UsedBy reports whether an expression refers to a sensitive value of ctx, or calls sensitive.
// It is false for nil.
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
	calls := false
	hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && call.Name == "sensitive" {
			calls = true
		}
		return nil
	})
	return calls
}
