package spec

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/declare"
)

// assert evaluates a check block. As in Terraform, a failure is a warning. To make the plan
// fail, the author writes a precondition or a validation.
func (mod *moduleInstance) assert(c *declare.Check) {
	for _, r := range c.Asserts {
		ctx := mod.context("", r.Condition, r.Message)
		if message, failed := mod.fails(&mod.sink, ctx, r); failed {
			d := r.Failure(hcl.DiagWarning, message, ctx)
			d.Summary = "Check block assertion failed"
			mod.sink.Add(d)
			mod.failed = append(mod.failed, Failed{mod.place.path + "check." + c.Name, message, *d.Subject})
		}
	}
}
