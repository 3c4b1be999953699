package spec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// output returns the value of an output of this module.
func (mod *moduleInstance) output(name string, at hcl.Range) cty.Value {
	if value, known := mod.outputs[name]; known {
		return value
	}
	decl := mod.decl.Outputs[name]
	if decl.Value == nil || !mod.enter(decl.Address(), at) {
		return cty.DynamicVal
	}
	defer mod.leave()
	held := mod.require(&mod.sink, decl.Preconditions, func(r declare.Rule) *hcl.EvalContext {
		return mod.context("", r.Condition, r.Message)
	})
	value, _ := mod.eval(mod.context("", decl.Value.Expr), decl.Value.Expr)
	if err := bounds.Value(value); err != nil {
		mod.sink.Add(diag.Errorf(decl.Value.Expr.Range().Ptr(), "Value too large", "%s.", diag.Sentence(err)))
		held = false
	}
	if mod.call == nil && !decl.Sensitive && sensitive.Is(value) {
		mod.sink.Add(diag.Errorf(decl.Value.Expr.Range().Ptr(), "Output refers to sensitive values",
			"The value of output %q is made from sensitive values. Add sensitive = true to the block, so that it is "+
				"not shown by accident, or use nonsensitive(...) if it is not a secret.", name))
		held = false
	}
	if mod.call == nil && infinite(value) {
		mod.sink.Add(diag.Errorf(decl.Value.Expr.Range().Ptr(), "Infinite output",
			"The value of output %q contains an infinite number, which JSON cannot express. Look for a division by "+
				"zero.", name))
		held = false
	}
	if !held {
		value = cty.DynamicVal
	}
	if decl.Sensitive {
		value = value.Mark(sensitive.Mark)
	}
	mod.outputs[name] = value
	return value
}

// infinite reports whether a value contains an infinite number.
func infinite(value cty.Value) (found bool) {
	plain, _ := value.UnmarkDeep()
	cty.Walk(plain, func(_ cty.Path, v cty.Value) (bool, error) {
		found = found || v.Type() == cty.Number && v.IsKnown() && !v.IsNull() && v.AsBigFloat().IsInf()
		return !found, nil
	})
	return found
}

// rootOutputs returns the outputs of the root module, by name.
func (r *run) rootOutputs() []Output {
	var all []Output
	for name, decl := range declare.Sorted(r.root.decl.Outputs) {
		value, _ := r.root.outputs[name].UnmarkDeep()
		all = append(all, Output{Name: name, Value: value, Sensitive: decl.Sensitive, Range: decl.At})
	}
	return all
}
