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
func (e *moduleInstance) variable(name string, at hcl.Range) cty.Value {
	if value, there := e.vars[name]; there {
		return value
	}
	decl := e.decl.Variables[name]
	if decl == nil {
		e.undeclared("variable", name, at, maps.Keys(e.decl.Variables))
		return cty.DynamicVal
	}
	if e.call != nil {
		return e.input(decl, at)
	}
	e.unset(decl)
	return cty.DynamicVal
}

// local returns the value of local.NAME.
func (e *moduleInstance) local(name string, at hcl.Range) cty.Value {
	if value, there := e.locals[name]; there {
		return value
	}
	attr := e.decl.Locals[name]
	if attr == nil {
		e.undeclared("local", name, at, maps.Keys(e.decl.Locals))
		return cty.DynamicVal
	}
	if !e.enter("local."+name, at) {
		return cty.DynamicVal
	}
	value, ok := e.eval(e.scope("", attr.Expr), attr.Expr)
	e.leave()
	if !ok && value == cty.NilVal {
		value = cty.DynamicVal
	}
	if err := bounds.Value(value); err != nil {
		e.sink.Add(diag.Errorf(attr.Expr.Range().Ptr(), "Value too large", "%s.", diag.Sentence(err)))
		value = cty.DynamicVal
	}
	e.locals[name] = value
	return value
}

// message gives the value of message.NAME: an object, or an object or tuple of
// such where the block has instances.
func (e *moduleInstance) message(name string, at hcl.Range) cty.Value {
	decl := e.decl.Messages[name]
	if decl == nil {
		e.undeclared("message", name, at, maps.Keys(e.decl.Messages))
		return cty.DynamicVal
	}
	if value, there := e.objects[name]; there {
		return value
	}
	x := e.expand(decl, at)
	if x == nil { // in a circle, which is no value to keep
		return cty.DynamicVal
	}
	e.objects[name] = x.value()
	return e.objects[name]
}

// input gives the value of a variable that the module block gives, or its default.
func (e *moduleInstance) input(decl *declare.Variable, at hcl.Range) cty.Value {
	if !e.enter("var."+decl.Name, at) {
		return cty.DynamicVal
	}
	defer e.leave()
	value := e.call.input(decl, e.own)
	if decl.Sensitive {
		value = value.Mark(sensitive.Mark)
	}
	e.vars[decl.Name] = value
	if !e.valid(decl) {
		e.vars[decl.Name] = cty.DynamicVal
	}
	return e.vars[decl.Name]
}

// valid evaluates a variable's validation blocks.
func (e *moduleInstance) valid(v *declare.Variable) bool {
	valid := true
	for _, r := range v.Validations {
		message, failed := e.fails(&e.sink, e.scope("", r.Condition, r.Message), r)
		if !failed {
			continue
		}
		at, of := &v.At, ""
		if e.call != nil && e.call.decl.Inputs[v.Name] != nil {
			at, of = e.call.decl.Inputs[v.Name].Expr.Range().Ptr(), fmt.Sprintf(" of variable %q", v.Name)
		}
		e.sink.Add(diag.Errorf(at, "Invalid value for variable", "%s\n\nThis was checked by the validation rule%s at %s.", message, of, r.Condition.Range()))
		valid = false
	}
	return valid
}

// unset reports a variable that nothing gives a value, once.
func (e *moduleInstance) unset(decl *declare.Variable) {
	e.vars[decl.Name] = cty.DynamicVal
	e.sink.Add(diag.Errorf(&decl.At, "No value for variable",
		"Variable %q has no default and is not set. Set it with -var=%s=VALUE, in a file named *.auto.retainvars.hcl, or as %s in the environment.", decl.Name, decl.Name, fmt.Sprint(EnvPrefix, decl.Name)))
}
