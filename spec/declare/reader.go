package declare

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// reader reads blocks and gathers what is wrong with their shape.
type reader struct{ diags hcl.Diagnostics }

func (r *reader) report(diags ...*hcl.Diagnostic) { r.diags = append(r.diags, diags...) }

// duplicate reports a second declaration, with the place of the first.
func (r *reader) duplicate(at hcl.Range, what string, first hcl.Range, advice string) {
	r.report(diag.Errorf(&at, "Duplicate "+what, "The first one stands at %s. %s", first, advice))
}

// identifier checks a name that expressions use without quotes.
func (r *reader) identifier(name string, at hcl.Range, what string) {
	if !hclsyntax.ValidIdentifier(name) {
		r.report(diag.Errorf(&at, "Invalid name",
			"The name of a %s starts with a letter and goes on with letters, digits, \"_\" and \"-\", so that "+
				"expressions can use it; %q does not.", what, name))
	}
}

// content reads a block's body as it is described, and reports what does not fit.
func (r *reader) content(body hcl.Body, as *language.Block) *hcl.BodyContent {
	content, diags := body.Content(as.Schema())
	r.report(diags...)
	return content
}

// literal reads an argument that cannot depend on anything into a *string or a
// *bool.
func (r *reader) literal(attr *hcl.Attribute, into any) {
	if attr == nil {
		return
	}
	value, diags := attr.Expr.Value(nil)
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
			"%s is a literal %s here.", attr.Name, want.FriendlyName()))
		return
	}
	switch into := into.(type) {
	case *bool:
		*into = value.True()
	case *string:
		*into = value.AsString()
	}
}
