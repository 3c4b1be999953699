package spec

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// outputDecl is an output block.
type outputDecl struct {
	name          string
	at            hcl.Range
	value         *hcl.Attribute
	dependsOn     *hcl.Attribute
	sensitive     bool
	preconditions []rule
}

func (o *outputDecl) address() string { return "output." + o.name }

func (o *outputDecl) expressions() []hcl.Expression {
	exprs := ruleExpressions(o.preconditions)
	if o.value != nil {
		exprs = append(exprs, o.value.Expr)
	}
	return exprs
}

func (d *declarations) output(b *hcl.Block) {
	name := b.Labels[0]
	if first, there := d.outputs[name]; there {
		d.duplicate(b.DefRange, fmt.Sprintf("output %q", name), first.at, "Names of outputs are unique over all files of a folder.")
		return
	}
	d.identifier(name, b.LabelRanges[0], "output")
	before := len(d.diags)
	content := d.content(b.Body, described("output", ""))
	o := &outputDecl{name: name, at: b.DefRange, value: content.Attributes["value"], dependsOn: content.Attributes["depends_on"]}
	d.outputs[name] = o
	d.literal(content.Attributes["description"], new(string))
	d.literal(content.Attributes["sensitive"], &o.sensitive)
	if o.value == nil && len(d.diags) == before {
		d.report(errorf(&o.at, "Missing value", "An output has a value, which may be any expression."))
	}
	for _, block := range content.Blocks {
		if r, ok := d.rule(block); ok {
			o.preconditions = append(o.preconditions, r)
		}
	}
}

// output gives the value of an output of this module.
func (e *evaluator) output(name string, at hcl.Range) cty.Value {
	if value, known := e.outputs[name]; known {
		return value
	}
	decl := e.decl.outputs[name]
	if decl.value == nil || !e.enter(decl.address(), at) {
		return cty.DynamicVal
	}
	defer e.leave()
	held := e.require(&e.tally, decl.preconditions, func(r rule) *hcl.EvalContext { return e.scope("", r.condition, r.message) })
	value, _ := e.eval(e.scope("", decl.value.Expr), decl.value.Expr)
	if err := bounds.Value(value); err != nil {
		e.tally.add(errorf(decl.value.Expr.Range().Ptr(), "Value too large", "%s.", sentence(err)))
		held = false
	}
	if e.call == nil && !decl.sensitive && sensitive.Is(value) {
		e.tally.add(errorf(decl.value.Expr.Range().Ptr(), "Output refers to sensitive values", "The value of output %q is made of sensitive values. Add sensitive = true to the block, so that it is not shown by accident, or use nonsensitive(...) where it is no secret.", name))
		held = false
	}
	if e.call == nil && infinite(value) {
		e.tally.add(errorf(decl.value.Expr.Range().Ptr(), "Infinite output", "The value of output %q holds an infinite number, which JSON has no word for. Look for a division by zero.", name))
		held = false
	}
	if !held {
		value = cty.DynamicVal
	}
	if decl.sensitive {
		value = value.Mark(sensitive.Mark)
	}
	e.outputs[name] = value
	return value
}

// infinite tells whether a value holds a number without end.
func infinite(value cty.Value) (found bool) {
	plain, _ := value.UnmarkDeep()
	cty.Walk(plain, func(_ cty.Path, v cty.Value) (bool, error) {
		found = found || v.Type() == cty.Number && v.IsKnown() && !v.IsNull() && v.AsBigFloat().IsInf()
		return !found, nil
	})
	return found
}

// rootOutputs are the outputs of the root module, by name.
func (r *run) rootOutputs() []Output {
	var all []Output
	for name, decl := range sorted(r.root.decl.outputs) {
		value, _ := r.root.outputs[name].UnmarkDeep()
		all = append(all, Output{Name: name, Value: value, Sensitive: decl.sensitive, Range: decl.at})
	}
	return all
}
