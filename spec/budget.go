package spec

import (
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// maxMade is how many bytes of values the expressions of one configuration may make
// altogether, by a low estimate: enough for 500,000 messages of 4 KB, and an end to for
// expressions within each other over range(1000000), which a stranger's pull request may
// have. Go cannot recover from memory that is used up. Measured: 500,000 messages of 1 KB
// over a CSV file are charged 1.9 GiB, and take 2.4 GiB of memory. A machine with less
// than a bomb takes ends the run that has it, and no other.
const maxMade = 8 << 30

// valueSize is what any value takes at least.
const valueSize = 64

// budget is what is left of that.
type budget struct{ left atomic.Int64 }

func newBudget() *budget {
	b := &budget{}
	b.left.Store(maxMade)
	return b
}

var errTooMuch = fmt.Errorf("the configuration makes more than %d GiB of values; look for a for expression over too long a range, or within another", maxMade>>30)

// charge takes the cost of a value off, without what is within its parts.
func (b *budget) charge(v cty.Value) error {
	v, _ = v.Unmark()
	cost := valueSize
	switch ty := v.Type(); {
	case !v.IsKnown() || v.IsNull():
	case ty == cty.String:
		cost += len(v.AsString())
	case ty.IsCollectionType() || ty.IsTupleType() || ty.IsObjectType():
		cost += valueSize * v.LengthInt()
	}
	if b.left.Add(-int64(cost)) < 0 {
		return errTooMuch
	}
	return nil
}

func (b *budget) spent() bool { return b.left.Load() < 0 }

// bound has what an expression may make many of charged to the budget: the parts of
// templates, and all that is made within for expressions and splats.
func bound(root hclsyntax.Node, b *budget) {
	hclsyntax.VisitAll(root, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.TemplateExpr:
			for i, part := range n.Parts {
				if _, literal := part.(*hclsyntax.LiteralValueExpr); !literal {
					n.Parts[i] = b.charged(part)
				}
			}
		case *hclsyntax.SplatExpr:
			n.Each = b.charged(n.Each)
		case *hclsyntax.ForExpr:
			b.within(n.ValExpr)
			n.ValExpr = b.charged(n.ValExpr)
			if n.KeyExpr != nil {
				n.KeyExpr = b.charged(n.KeyExpr)
			}
			if n.CondExpr != nil {
				n.CondExpr = b.charged(n.CondExpr)
			}
		}
		return nil
	})
}

// within charges what the body of a for expression makes of tuples and objects. Outside
// of one these are as long as they are written.
func (b *budget) within(body hclsyntax.Node) {
	hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.TupleConsExpr:
			for i := range n.Exprs {
				n.Exprs[i] = b.charged(n.Exprs[i])
			}
		case *hclsyntax.ObjectConsExpr:
			for i := range n.Items {
				n.Items[i].ValueExpr = b.charged(n.Items[i].ValueExpr)
			}
		}
		return nil
	})
}

// charged is an expression whose values are charged to a budget. As parentheses around
// the expression it lets hcl's walks find what is inside.
type charged struct {
	*hclsyntax.ParenthesesExpr
	to *budget
}

func (b *budget) charged(e hclsyntax.Expression) hclsyntax.Expression {
	if _, already := e.(*charged); already { // for expressions stand within each other
		return e
	}
	return &charged{&hclsyntax.ParenthesesExpr{Expression: e, SrcRange: e.Range()}, b}
}

// Value reports once that the budget is spent. From then on nothing is evaluated: a for
// expression goes on after an error, a million times.
func (c *charged) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if c.to.spent() {
		return cty.DynamicVal, nil
	}
	v, diags := c.ParenthesesExpr.Value(ctx)
	if diags.HasErrors() {
		return v, diags
	}
	if err := c.to.charge(v); err != nil {
		return cty.DynamicVal, append(diags, errorf(c.Range().Ptr(), "Too much is made", "%s.", sentence(err)))
	}
	return v, diags
}
