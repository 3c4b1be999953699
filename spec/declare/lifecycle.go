package declare

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// lifecycle reads the lifecycle block of a message.
func (r *reader) lifecycle(m *Message, b *hcl.Block) {
	unneeded := map[string]string{
		"create_before_destroy": "Remove it: an update is one publish, and new messages are published before any is " +
			"deleted.",
		"replace_triggered_by": "Remove it: a message is never replaced, and it is published if it differs. To " +
			"publish an unchanged one again, use -republish=ADDRESS.",
	}
	as := *language.Find("message", "").Inner("lifecycle")
	as.Arguments = slices.Clip(as.Arguments)
	for _, name := range slices.Sorted(maps.Keys(unneeded)) {
		as.Arguments = append(as.Arguments, language.Argument{Name: name})
	}
	content := r.content(b.Body, &as)
	for name, why := range Sorted(unneeded) {
		if attr := content.Attributes[name]; attr != nil {
			r.report(diag.Errorf(&attr.NameRange, "Argument of Terraform", "A message has no %s. %s", name, why))
			delete(content.Attributes, name)
		}
	}
	m.Lifecycle = content.Attributes
	for _, block := range content.Blocks {
		rule, ok := r.rule(block)
		switch {
		case ok && block.Type == "precondition":
			m.Preconditions = append(m.Preconditions, rule)
		case ok:
			m.Postconditions = append(m.Postconditions, rule)
		}
	}
}
