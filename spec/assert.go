package spec

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// checkDecl is a check block.
type checkDecl struct {
	name    string
	at      hcl.Range
	asserts []rule
}

func (d *declarations) check(b *hcl.Block) {
	name := b.Labels[0]
	if first, there := d.checks[name]; there {
		d.duplicate(b.DefRange, fmt.Sprintf("check %q", name), first.at, "Names of checks are unique over all files of a folder.")
		return
	}
	d.identifier(name, b.LabelRanges[0], "check")
	before := len(d.diags)
	content := d.content(b.Body, language.Find("check", ""))
	c := &checkDecl{name: name, at: b.DefRange}
	d.checks[name] = c
	for _, block := range content.Blocks {
		if r, ok := d.rule(block); ok {
			c.asserts = append(c.asserts, r)
		}
	}
	if len(content.Blocks) == 0 && len(d.diags) == before {
		d.report(diag.Errorf(&b.DefRange, "Empty check", "A check block holds assert blocks, each with a condition and an error_message."))
	}
}

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
