package spec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// conditions are what must hold for each instance of a message block, with what
// they refer to.
type conditions struct {
	decl      *messageDecl
	pre, post *hcl.EvalContext // before each and count
}

func (e *moduleInstance) conditions(m *messageDecl) conditions {
	own := ownRoot(m.repeat())
	return conditions{
		decl: m,
		pre:  e.scopeWith([]string{own}, ruleExpressions(m.preconditions)...),
		post: e.scopeWith([]string{own, "self"}, ruleExpressions(m.postconditions)...),
	}
}

// before tells whether the preconditions hold. They come before anything of the
// instance is evaluated, so that they can keep it from being.
func (c conditions) before(d *decoder, instance instanceOf) bool {
	return len(c.decl.preconditions) == 0 || c.hold(d, c.decl.preconditions, instance.context(c.pre))
}

// after tells whether the postconditions hold for the message as it is declared,
// which they know as self.
func (c conditions) after(d *decoder, instance instanceOf) bool {
	if len(c.decl.postconditions) == 0 {
		return true
	}
	ctx := instance.context(c.post).NewChild()
	ctx.Variables = map[string]cty.Value{"self": object(&d.m)}
	return c.hold(d, c.decl.postconditions, ctx)
}

func (c conditions) hold(d *decoder, rules []rule, ctx *hcl.EvalContext) bool {
	return d.e.require(d.sink, rules, func(rule) *hcl.EvalContext { return ctx })
}
