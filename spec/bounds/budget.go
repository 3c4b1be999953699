package bounds

import (
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/diag"
)

// MaxMade is how many bytes of values the expressions of one configuration may make
// altogether, by a low estimate: enough for 500,000 messages of 4 KB, and an end to for
// expressions within each other over range(1000000), which anybody's pull request may
// have. Go cannot recover from memory that is used up. Measured: 500,000 messages of 1 KB
// over a CSV file are charged 1.9 GiB, and take 2.4 GiB of memory. A machine with less
// than a bomb takes ends the run that has it, and no other.
const MaxMade = 8 << 30

// valueSize is what any value takes at least.
const valueSize = 64

// Budget counts down the bytes that one configuration may still make. Several
// goroutines may use it.
type Budget struct{ left atomic.Int64 }

// NewBudget returns a budget of so many bytes: MaxMade, or fewer in a test.
func NewBudget(bytes int64) *Budget {
	b := &Budget{}
	b.left.Store(bytes)
	return b
}

const tooMuch = "configuration makes more than %d GiB of values; look for a for expression over too long a range, or within another"

var errTooMuch = fmt.Errorf("the "+tooMuch, MaxMade>>30)

// Charge takes off what v costs, without what is within its parts. It returns an error
// if that is more than what is left.
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

// Spent reports whether more was made than the budget had.
func (b *Budget) Spent() bool { return b.left.Load() < 0 }

// Guard charges to the budget what the expressions within root may make many of: the
// parts of templates, and all that is made within for expressions and splats.
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
func (b *Budget) within(body hclsyntax.Node) {
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
	to *Budget
}

func (b *Budget) charged(e hclsyntax.Expression) hclsyntax.Expression {
	if _, already := e.(*charged); already { // for expressions nest
		return e
	}
	return &charged{&hclsyntax.ParenthesesExpr{Expression: e, SrcRange: e.Range()}, b}
}

// Value reports once that the budget is spent. From then on nothing is evaluated: a for
// expression goes on after an error, a million times.
func (c *charged) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if c.to.Spent() {
		return cty.DynamicVal, nil
	}
	v, diags := c.ParenthesesExpr.Value(ctx)
	if diags.HasErrors() {
		return v, diags
	}
	if c.to.Charge(v) != nil {
		return cty.DynamicVal, append(diags, diag.Errorf(c.Range().Ptr(), "Too much is made", "The "+tooMuch+".", MaxMade>>30))
	}
	return v, diags
}
