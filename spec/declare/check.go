package declare

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// Check is a check block.
type Check struct {
	Name    string
	at      hcl.Range
	Asserts []Rule
}

// check adds a check block to the known ones.
func (r *reader) check(b *hcl.Block, known map[string]*Check) {
	name := b.Labels[0]
	if first, ok := known[name]; ok {
		r.duplicate(b.DefRange, fmt.Sprintf("check %q", name), first.at,
			"Names of checks are unique across all files of a folder.")
		return
	}
	r.identifier(name, b.LabelRanges[0], "check")
	before := len(r.diags)
	content := r.content(b.Body, language.Find("check", ""))
	c := &Check{Name: name, at: b.DefRange}
	known[name] = c
	for _, block := range content.Blocks {
		if rule, ok := r.rule(block); ok {
			c.Asserts = append(c.Asserts, rule)
		}
	}
	if len(content.Blocks) == 0 && len(r.diags) == before {
		r.report(diag.Errorf(&b.DefRange, "Empty check",
			"A check block needs assert blocks, each with a condition and an error_message."))
	}
}
