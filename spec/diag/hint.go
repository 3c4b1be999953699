package diag

import (
	"maps"
	"regexp"

	"github.com/hashicorp/hcl/v2"
)

var missingAttribute = regexp.MustCompile(`attribute named "([^"]+)"`)

// hinted adds the attribute that was probably meant to an error of hcl about an attribute
// that an object does not have.
func hinted(d *hcl.Diagnostic) *hcl.Diagnostic {
	missing := missingAttribute.FindStringSubmatch(d.Detail)
	if d.Summary != "Unsupported attribute" || missing == nil || d.Expression == nil || d.EvalContext == nil {
		return d
	}
	for _, t := range d.Expression.Variables() {
		for len(t) > 1 {
			t = t[:len(t)-1]
			v, diags := t.TraverseAbs(d.EvalContext)
			if diags.HasErrors() || !v.Type().IsObjectType() {
				continue
			}
			if hint := DidYouMean(missing[1], maps.Keys(v.Type().AttributeTypes())); hint != "" {
				with := *d
				with.Detail += hint
				return &with
			}
			break
		}
	}
	return d
}
