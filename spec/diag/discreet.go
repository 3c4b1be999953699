package diag

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/sensitive"
)

// discreet returns d without sensitive values. A diagnostic writer omits values that are
// marked. The error of a function, however, quotes arguments whose marks were removed, and
// so does an error about the keys of a for expression.
func discreet(d *hcl.Diagnostic, expr hcl.Expression, ctx *hcl.EvalContext) *hcl.Diagnostic {
	if !sensitive.UsedBy(expr, ctx) && !sensitive.UsedBy(d.Expression, d.EvalContext) {
		return hinted(d)
	}
	return Withheld(d)
}

// Withheld returns a copy of d without any value of the expression that it is about.
func Withheld(d *hcl.Diagnostic) *hcl.Diagnostic {
	quiet := *d
	quiet.Expression, quiet.EvalContext, quiet.Extra = nil, nil, nil
	switch d.Summary {
	case "Unsupported attribute", "Call to unknown function", "Not enough function arguments",
		"Too many function arguments", "Iteration over null value":
	default:
		quiet.Detail = "This expression uses a sensitive value, so the reason, which could show it, is left out."
	}
	return &quiet
}
