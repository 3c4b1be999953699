package declare

import (
	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/diag"
)

// checkVersion checks required_version. It runs before anything else is read, because a
// configuration for another version may have blocks that this version does not support.
func (s *Source) checkVersion(bodies []hcl.Body, running string) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, body := range bodies {
		content, _, _ := body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "retainctl"}}})
		for _, block := range content.Blocks {
			schema := &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "required_version"}}}
			content, _, _ := block.Body.PartialContent(schema)
			if attr := content.Attributes["required_version"]; attr != nil {
				diags = append(diags, s.requireVersion(attr, running)...)
			}
		}
	}
	return diags
}

func (s *Source) requireVersion(attr *hcl.Attribute, running string) hcl.Diagnostics {
	r := reader{work: s.work}
	var text string
	if r.literal(attr, &text); r.diags.HasErrors() {
		return r.diags
	}
	at := attr.Expr.Range()
	constraint, err := version.NewConstraint(text)
	if err != nil {
		return hcl.Diagnostics{diag.Errorf(&at, "Invalid required_version",
			"%q is not a version constraint. Write, for example, \">= 0.1.0\" or \"~> 1.2\".", text)}
	}
	have, err := version.NewVersion(running)
	if err != nil || constraint.Check(have.Core()) { // a build without a version is a development build
		return nil
	}
	return hcl.Diagnostics{diag.Errorf(&at, "Another version of retainctl is required",
		"The configuration requires retainctl %s, and this is %s.", text, running)}
}
