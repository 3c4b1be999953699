package spec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/declare"
)

// conditions are what must hold for each instance of a message block, with what
// they refer to.
type conditions struct {
	decl      *declare.Message
	pre, post *hcl.EvalContext // before each and count
}

// before reports whether the preconditions hold. They come before anything of the
// instance is evaluated, so that they can keep it from being.
func (c conditions) before(d *decoder, instance repetition) bool {
	return len(c.decl.Preconditions) == 0 || c.hold(d, c.decl.Preconditions, instance.context(c.pre))
}

// after reports whether the postconditions hold for the message as it is declared,
// which they know as self.
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
