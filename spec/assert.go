package spec

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/declare"
)

// assert evaluates a check block. As in Terraform it warns: whoever wants the plan
// to fail writes a precondition or a validation.
func (e *moduleInstance) assert(c *declare.Check) {
	for _, r := range c.Asserts {
		ctx := e.scope("", r.Condition, r.Message)
		if message, failed := e.fails(&e.sink, ctx, r); failed {
			d := r.Failure(hcl.DiagWarning, message, ctx)
			d.Summary = "Check block assertion failed"
			e.sink.Add(d)
			e.failed = append(e.failed, Failed{e.place.path + "check." + c.Name, message, *d.Subject})
		}
	}
}
