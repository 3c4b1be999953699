package bounds

import (
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/diag"
)

// MaxMade is the number of bytes of values that the expressions of one configuration may
// create in total, by a low estimate. It is enough for 500,000 messages of 4 KB, and it stops
// nested for expressions over range(1000000), which any pull request may contain. Go cannot
// recover from exhausted memory. Measured: 500,000 messages of 1 KB from a CSV file are charged
// 1.9 GiB and take 2.4 GiB of memory. On a machine with less memory than such a configuration
// takes, the run that has it is killed, and no other.
const MaxMade = 8 << 30

// valueSize is the smallest charge for a value, in bytes.
const valueSize = 64

// Budget counts down the bytes of values that one configuration may still create.
// It is safe for concurrent use.
type Budget struct{ left atomic.Int64 }

// NewBudget returns a budget of the given number of bytes: MaxMade, or fewer in a test.
func NewBudget(bytes int64) *Budget {
	b := &Budget{}
	b.left.Store(bytes)
	return b
}

const tooMuch = "configuration creates more than %d GiB of values; " +
	"look for a for expression over a very long range, or inside another for expression"

var errTooMuch = fmt.Errorf("the "+tooMuch, MaxMade>>30)

// Charge subtracts the size of v: a string with its bytes, a collection with a fixed size for
// each element, whose own contents are not counted. It returns an error if the budget has less
// than that left.
func (b *Budget) Charge(v cty.Value) error {
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

// Spent reports whether more was charged than the budget had.
func (b *Budget) Spent() bool { return b.left.Load() < 0 }

// Guard changes the expressions below root so that evaluating them charges the budget for
// whatever they can create many of: the parts of templates, and every value within a for
// expression or a splat.
func (b *Budget) Guard(root hclsyntax.Node) {
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
			b.guardBody(n.ValExpr)
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

// guardBody charges for the tuples and objects that the body of a for expression creates.
// Outside of a for expression their size is that of their source.
func (b *Budget) guardBody(body hclsyntax.Node) {
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

// chargedExpr is an expression whose values are charged to a budget. It is a parenthesized
// expression, so that hcl's walks find the expression inside.
type chargedExpr struct {
	*hclsyntax.ParenthesesExpr
	budget *Budget
}

func (b *Budget) charged(e hclsyntax.Expression) hclsyntax.Expression {
	if _, already := e.(*chargedExpr); already { // by way of an outer for expression
		return e
	}
	return &chargedExpr{&hclsyntax.ParenthesesExpr{Expression: e, SrcRange: e.Range()}, b}
}

// Value reports only once that the budget is spent and evaluates nothing after that: a for
// expression continues after an error, a million times if it must.
func (c *chargedExpr) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if c.budget.Spent() {
		return cty.DynamicVal, nil
	}
	v, diags := c.ParenthesesExpr.Value(ctx)
	if diags.HasErrors() {
		return v, diags
	}
	if c.budget.Charge(v) != nil {
		spent := diag.Errorf(c.Range().Ptr(), "Too many values", "The "+tooMuch+".", MaxMade>>30)
		return cty.DynamicVal, append(diags, spent)
	}
	return v, diags
}
