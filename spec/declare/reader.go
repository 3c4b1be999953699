package declare

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// reader reads blocks and collects the mistakes in their structure.
type reader struct {
	work  *bounds.Work
	diags hcl.Diagnostics
}

// value evaluates a literal, which may be a long for expression all the same.
func (r *reader) value(expr hcl.Expression) (cty.Value, hcl.Diagnostics) {
	r.work.Begin(expr)
	return expr.Value(nil)
}

func (r *reader) report(diags ...*hcl.Diagnostic) { r.diags = append(r.diags, diags...) }

// duplicate reports a second declaration, with the range of the first.
func (r *reader) duplicate(at hcl.Range, what string, first hcl.Range, advice string) {
	r.report(diag.Errorf(&at, "Duplicate "+what, "The first one is at %s. %s", first, advice))
}

// identifier checks a name that expressions use without quotes.
func (r *reader) identifier(name string, at hcl.Range, what string) {
	if !hclsyntax.ValidIdentifier(name) {
		r.report(diag.Errorf(&at, "Invalid name",
			"%q cannot be the name of a %s. A name starts with a letter, followed by letters, digits, \"_\" and \"-\", "+
				"so that expressions can use it.", name, what))
	}
}

// content reads a block's body according to its description, and reports what does not fit.
func (r *reader) content(body hcl.Body, as *language.Block) *hcl.BodyContent {
	content, diags := body.Content(as.Schema())
	r.report(diags...)
	return content
}

// literal reads an argument that must be a literal into a *string or a *bool. It leaves the
// target alone if the argument is not given.
func (r *reader) literal(attr *hcl.Attribute, into any) {
	if attr == nil {
		return
	}
	value, diags := r.value(attr.Expr)
	if r.report(diags...); diags.HasErrors() {
		return
	}
	want := cty.String
	if _, isBool := into.(*bool); isBool {
		want = cty.Bool
	}
	value, err := convert.Convert(value, want)
	if err != nil || value.IsNull() {
		r.report(diag.Errorf(attr.Expr.Range().Ptr(), "Invalid value",
			"%s must be a literal %s.", attr.Name, want.FriendlyName()))
		return
	}
	switch into := into.(type) {
	case *bool:
		*into = value.True()
	case *string:
		*into = value.AsString()
	}
}
