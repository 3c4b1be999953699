package spec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// variables are the values that the configuration was evaluated with, by name.
func (e *moduleInstance) variables() []Variable {
	var all []Variable
	for _, name := range slices.Sorted(maps.Keys(e.vars)) {
		decl := e.decl.Variables[name]
		value, _ := e.vars[name].UnmarkDeep()
		all = append(all, Variable{Name: name, Value: value, Sensitive: decl.Sensitive, Range: decl.At})
	}
	return all
}

// validate evaluates the validation blocks of the root module, once all of its
// variables have their values. A variable that fails is poisoned: what is computed
// from it would only fail in turn.
func (e *moduleInstance) validate() {
	var failed []string
	for name := range declare.Sorted(e.vars) {
		if !e.valid(e.decl.Variables[name]) {
			failed = append(failed, name)
		}
	}
	for _, name := range failed {
		e.vars[name] = cty.DynamicVal
	}
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
