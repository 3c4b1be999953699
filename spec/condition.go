package spec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/declare"
)

// conditions holds the preconditions and postconditions of a message block, with the values
// that they refer to.
type conditions struct {
	decl      *declare.Message
	pre, post *hcl.EvalContext // without each, count and self
}

// before reports whether the preconditions hold. They are checked before the instance is
// evaluated, so that they can prevent that.
func (c conditions) before(d *decoder, instance repetition) bool {
	return len(c.decl.Preconditions) == 0 || c.hold(d, c.decl.Preconditions, instance.context(c.pre))
}

// after reports whether the postconditions hold for the declared message, which is self in
// them.
func (c conditions) after(d *decoder, instance repetition) bool {
	if len(c.decl.Postconditions) == 0 {
		return true
	}
	ctx := instance.context(c.post).NewChild()
	ctx.Variables = map[string]cty.Value{"self": object(&d.m)}
	return c.hold(d, c.decl.Postconditions, ctx)
}

func (c conditions) hold(d *decoder, rules []declare.Rule, ctx *hcl.EvalContext) bool {
	return d.eval.require(d.sink, rules, func(declare.Rule) *hcl.EvalContext { return ctx })
}
