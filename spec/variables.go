package spec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/retainctl/retainctl/spec/functions"
)

// variableDecl is a variable block.
type variableDecl struct {
	name        string
	at          hcl.Range
	typ         cty.Type // a constraint; cty.DynamicPseudoType where none is given
	typed       bool     // a type is given
	optional    *typeexpr.Defaults
	def         cty.Value // cty.NilVal where none is given
	nullable    bool
	sensitive   bool
	validations []rule
}

// typeConstraint reads a type. "list" and "map" alone are an old short form that
// Terraform still takes.
func typeConstraint(expr hcl.Expression) (cty.Type, *typeexpr.Defaults, hcl.Diagnostics) {
	switch hcl.ExprAsKeyword(expr) {
	case "list":
		return cty.List(cty.DynamicPseudoType), nil, nil
	case "map":
		return cty.Map(cty.DynamicPseudoType), nil, nil
	}
	return typeexpr.TypeConstraintWithDefaults(expr)
}

// literal tells whether a value from the command line or the environment is
// taken as it stands, and not read as an expression: as in Terraform, where
// -var=name=1.10 is a string for a string.
func (v *variableDecl) literal() bool { return !v.typed || v.typ.IsPrimitiveType() }

func (d *declarations) variable(b *hcl.Block) {
	name := b.Labels[0]
	if first, there := d.variables[name]; there {
		d.duplicate(b.DefRange, fmt.Sprintf("variable %q", name), first.at, "Names of variables are unique over all files.")
		return
	}
	d.identifier(name, b.LabelRanges[0], "variable")
	before := len(d.diags)
	content := d.content(b.Body, described("variable", ""))
	v := &variableDecl{name: name, at: b.DefRange, typ: cty.DynamicPseudoType, nullable: true}
	if len(d.diags) > before { // a misspelt default is not a missing one
		v.def = cty.DynamicVal
	}
	d.variables[name] = v
	d.literal(content.Attributes["description"], new(string))
	d.literal(content.Attributes["nullable"], &v.nullable)
	d.literal(content.Attributes["sensitive"], &v.sensitive)
	if attr := content.Attributes["type"]; attr != nil {
		typ, optional, diags := typeConstraint(attr.Expr)
		if d.report(diags...); diags.HasErrors() {
			typ = cty.DynamicPseudoType
		}
		v.typ, v.optional, v.typed = typ, optional, true
	}
	if attr := content.Attributes["default"]; attr != nil {
		d.defaultValue(v, attr)
	}
	for _, block := range content.Blocks {
		if r, ok := d.rule(block); ok {
			v.validations = append(v.validations, r)
		}
	}
}

func (d *declarations) defaultValue(v *variableDecl, attr *hcl.Attribute) {
	value, diags := attr.Expr.Value(nil)
	if d.report(diags...); diags.HasErrors() {
		v.def = cty.DynamicVal
		return
	}
	value, err := v.convert(value)
	switch {
	case err != nil:
		d.report(errorf(attr.Expr.Range().Ptr(), "Default does not fit the type", "The default of variable %q is not suitable for its type: %s.", v.name, err))
		value = cty.DynamicVal
	case value.IsNull() && !v.nullable:
		d.report(errorf(attr.Expr.Range().Ptr(), "Default is null", "Variable %q has nullable = false, so its default cannot be null. Leave the default out to make the variable required.", v.name))
		value = cty.DynamicVal
	}
	v.def = value
}

// literal reads an argument that cannot depend on anything into a *string or a
// *bool.
func (d *declarations) literal(attr *hcl.Attribute, into any) {
	if attr == nil {
		return
	}
	value, diags := attr.Expr.Value(nil)
	if d.report(diags...); diags.HasErrors() {
		return
	}
	want := cty.String
	if _, isBool := into.(*bool); isBool {
		want = cty.Bool
	}
	value, err := convert.Convert(value, want)
	if err != nil || value.IsNull() {
		d.report(errorf(attr.Expr.Range().Ptr(), "Invalid value", "%s is a literal %s here.", attr.Name, want.FriendlyName()))
		return
	}
	switch into := into.(type) {
	case *bool:
		*into = value.True()
	case *string:
		*into = value.AsString()
	}
}

// convert makes a value fit the variable's type.
func (v *variableDecl) convert(value cty.Value) (cty.Value, error) {
	if v.optional != nil && !value.IsNull() {
		value = v.optional.Apply(value)
	}
	converted, err := functions.Convert(value, v.typ)
	if err != nil && !v.sensitive {
		err = located(err, value)
	}
	return converted, err
}

// variables are the values that the configuration was evaluated with, by name.
func (e *evaluator) variables() []Variable {
	var all []Variable
	for _, name := range slices.Sorted(maps.Keys(e.vars)) {
		decl := e.decl.variables[name]
		value, _ := e.vars[name].UnmarkDeep()
		all = append(all, Variable{Name: name, Value: value, Sensitive: decl.sensitive, Range: decl.at})
	}
	return all
}

// validate evaluates the validation blocks of the root module, once all of its
// variables have their values. A variable that fails is poisoned: what is computed
// from it would only fail in turn.
func (e *evaluator) validate() {
	var failed []string
	for name := range sorted(e.vars) {
		if !e.valid(e.decl.variables[name]) {
			failed = append(failed, name)
		}
	}
	for _, name := range failed {
		e.vars[name] = cty.DynamicVal
	}
}

// valid evaluates a variable's validation blocks.
func (e *evaluator) valid(v *variableDecl) bool {
	valid := true
	for _, r := range v.validations {
		message, failed := e.fails(&e.tally, e.scope("", r.condition, r.message), r)
		if !failed {
			continue
		}
		at, of := &v.at, ""
		if e.call != nil && e.call.decl.inputs[v.name] != nil {
			at, of = e.call.decl.inputs[v.name].Expr.Range().Ptr(), fmt.Sprintf(" of variable %q", v.name)
		}
		e.tally.add(errorf(at, "Invalid value for variable", "%s\n\nThis was checked by the validation rule%s at %s.", message, of, r.condition.Range()))
		valid = false
	}
	return valid
}
