package declare

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/functions"
	"github.com/retainctl/retainctl/spec/language"
)

// Variable is a variable block.
type Variable struct {
	Name        string
	At          hcl.Range // of the block's header
	typ         cty.Type  // a constraint; cty.DynamicPseudoType if none is given
	typed       bool      // a type is given
	optional    *typeexpr.Defaults
	Default     cty.Value      // cty.NilVal if none is given
	DefaultExpr hcl.Expression // nil if none is given
	Nullable    bool
	Sensitive   bool
	Validations []Rule
}

// typeConstraint reads a type. "list" and "map" without a type of their elements are an old
// short form that Terraform still accepts.
func typeConstraint(expr hcl.Expression) (cty.Type, *typeexpr.Defaults, hcl.Diagnostics) {
	switch hcl.ExprAsKeyword(expr) {
	case "list":
		return cty.List(cty.DynamicPseudoType), nil, nil
	case "map":
		return cty.Map(cty.DynamicPseudoType), nil, nil
	}
	return typeexpr.TypeConstraintWithDefaults(expr)
}

// Literal reports whether a value from the command line or the environment is used as it is,
// instead of being parsed as an expression. As in Terraform, -var=name=1.10 sets a variable of
// type string to "1.10".
func (v *Variable) Literal() bool { return !v.typed || v.typ.IsPrimitiveType() }

// variable adds a variable block to the known ones.
func (r *reader) variable(b *hcl.Block, known map[string]*Variable) {
	name := b.Labels[0]
	if first, ok := known[name]; ok {
		r.duplicate(b.DefRange, fmt.Sprintf("variable %q", name), first.At,
			"Names of variables are unique across all files.")
		return
	}
	r.identifier(name, b.LabelRanges[0], "variable")
	before := len(r.diags)
	content := r.content(b.Body, language.Find("variable", ""))
	v := &Variable{Name: name, At: b.DefRange, typ: cty.DynamicPseudoType, Nullable: true}
	if len(r.diags) > before { // a misspelt default must not be reported as a missing one too
		v.Default = cty.DynamicVal
	}
	known[name] = v
	r.literal(content.Attributes["description"], new(string))
	r.literal(content.Attributes["nullable"], &v.Nullable)
	r.literal(content.Attributes["sensitive"], &v.Sensitive)
	if attr := content.Attributes["type"]; attr != nil {
		typ, optional, diags := typeConstraint(attr.Expr)
		if r.report(diags...); diags.HasErrors() {
			typ = cty.DynamicPseudoType
		}
		v.typ, v.optional, v.typed = typ, optional, true
	}
	if attr := content.Attributes["default"]; attr != nil {
		r.defaultValue(v, attr)
	}
	for _, block := range content.Blocks {
		if rule, ok := r.rule(block); ok {
			v.Validations = append(v.Validations, rule)
		}
	}
}

// defaultValue reads a variable's default.
func (r *reader) defaultValue(v *Variable, attr *hcl.Attribute) {
	v.DefaultExpr = attr.Expr
	value, diags := r.value(attr.Expr)
	if r.report(diags...); diags.HasErrors() {
		v.Default = cty.DynamicVal
		return
	}
	value, err := v.Convert(value)
	switch {
	case err != nil:
		r.report(diag.Errorf(attr.Expr.Range().Ptr(), "Default does not fit the type",
			"The default of variable %q is not suitable for its type: %s.", v.Name, err))
		value = cty.DynamicVal
	case value.IsNull() && !v.Nullable:
		r.report(diag.Errorf(attr.Expr.Range().Ptr(), "Default is null",
			"Variable %q has nullable = false, so its default cannot be null. Remove the default to make the "+
				"variable required.", v.Name))
		value = cty.DynamicVal
	}
	v.Default = value
}

// Convert returns a value converted to the variable's type, with the defaults of optional
// attributes. The error says where in the value the problem is, unless the variable is
// sensitive.
func (v *Variable) Convert(value cty.Value) (cty.Value, error) {
	if v.optional != nil && !value.IsNull() {
		value = v.optional.Apply(value)
	}
	converted, err := functions.Convert(value, v.typ)
	if err != nil && !v.Sensitive {
		err = diag.Located(err, value)
	}
	return converted, err
}
