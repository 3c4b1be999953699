package spec

import "github.com/hashicorp/hcl/v2"

// assert evaluates a check block. As in Terraform it warns: whoever wants the plan
// to fail writes a precondition or a validation.
func (e *moduleInstance) assert(c *checkDecl) {
	for _, r := range c.asserts {
		ctx := e.scope("", r.condition, r.message)
		if message, failed := e.fails(&e.sink, ctx, r); failed {
			d := r.failure(hcl.DiagWarning, message, ctx)
			d.Summary = "Check block assertion failed"
			e.sink.Add(d)
			e.failed = append(e.failed, Failed{e.place.path + "check." + c.name, message, *d.Subject})
		}
	}
}
