package spec

import (
	"fmt"
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// variable returns the value of var.NAME.
func (mod *moduleInstance) variable(name string, at hcl.Range) cty.Value {
	if value, ok := mod.vars[name]; ok {
		return value
	}
	decl := mod.decl.Variables[name]
	if decl == nil {
		mod.undeclared("variable", name, at, maps.Keys(mod.decl.Variables))
		return cty.DynamicVal
	}
	if mod.call != nil {
		return mod.input(decl, at)
	}
	mod.unset(decl)
	return cty.DynamicVal
}

// local returns the value of local.NAME.
func (mod *moduleInstance) local(name string, at hcl.Range) cty.Value {
	if value, ok := mod.locals[name]; ok {
		return value
	}
	attr := mod.decl.Locals[name]
	if attr == nil {
		mod.undeclared("local", name, at, maps.Keys(mod.decl.Locals))
		return cty.DynamicVal
	}
	if !mod.enter("local."+name, at) {
		return cty.DynamicVal
	}
	value, ok := mod.eval(mod.context("", attr.Expr), attr.Expr)
	mod.leave()
	if !ok && value == cty.NilVal {
		value = cty.DynamicVal
	}
	if err := bounds.Value(value); err != nil {
		mod.sink.Add(diag.Errorf(attr.Expr.Range().Ptr(), "Value too large", "%s.", diag.Sentence(err)))
		value = cty.DynamicVal
	}
	mod.locals[name] = value
	return value
}

// message returns the value of message.NAME: an object, or an object or tuple of such
// objects if the block has for_each or count.
func (mod *moduleInstance) message(name string, at hcl.Range) cty.Value {
	decl := mod.decl.Messages[name]
	if decl == nil {
		mod.undeclared("message", name, at, maps.Keys(mod.decl.Messages))
		return cty.DynamicVal
	}
	if value, ok := mod.objects[name]; ok {
		return value
	}
	x := mod.expand(decl, at)
	if x == nil { // in a circle: the value must not be kept
		return cty.DynamicVal
	}
	mod.objects[name] = x.value()
	return mod.objects[name]
}

// input returns the value that the module block gives a variable, or its default.
func (mod *moduleInstance) input(decl *declare.Variable, at hcl.Range) cty.Value {
	if !mod.enter("var."+decl.Name, at) {
		return cty.DynamicVal
	}
	defer mod.leave()
	value := mod.call.input(decl, mod.own)
	if decl.Sensitive {
		value = value.Mark(sensitive.Mark)
	}
	mod.vars[decl.Name] = value
	if !mod.valid(decl) {
		mod.vars[decl.Name] = cty.DynamicVal
	}
	return mod.vars[decl.Name]
}

// valid evaluates a variable's validation blocks. It returns false if one fails, which it reports.
func (mod *moduleInstance) valid(v *declare.Variable) bool {
	valid := true
	for _, r := range v.Validations {
		message, failed := mod.fails(&mod.sink, mod.context("", r.Condition, r.Message), r)
		if !failed {
			continue
		}
		at, of := &v.At, ""
		if mod.call != nil && mod.call.decl.Inputs[v.Name] != nil {
			at, of = mod.call.decl.Inputs[v.Name].Expr.Range().Ptr(), fmt.Sprintf(" of variable %q", v.Name)
		}
		mod.sink.Add(diag.Errorf(at, "Invalid value for variable",
			"%s\n\nThis was checked by the validation rule%s at %s.", message, of, r.Condition.Range()))
		valid = false
	}
	return valid
}

// unset reports a variable without a value, once.
func (mod *moduleInstance) unset(decl *declare.Variable) {
	mod.vars[decl.Name] = cty.DynamicVal
	mod.sink.Add(diag.Errorf(&decl.At, "No value for variable",
		"Variable %q has no default and is not set. Set it with -var=%s=VALUE, in a file named "+
			"*.auto.retainvars.hcl, or as %s in the environment.",
		decl.Name, decl.Name, fmt.Sprint(EnvPrefix, decl.Name)))
}
