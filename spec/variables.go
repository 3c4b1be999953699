package spec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/diag"
)

// variables are the values that the configuration was evaluated with, by name.
func (e *moduleInstance) variables() []Variable {
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
func (e *moduleInstance) validate() {
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
func (e *moduleInstance) valid(v *variableDecl) bool {
	valid := true
	for _, r := range v.validations {
		message, failed := e.fails(&e.sink, e.scope("", r.condition, r.message), r)
		if !failed {
			continue
		}
		at, of := &v.at, ""
		if e.call != nil && e.call.decl.inputs[v.name] != nil {
			at, of = e.call.decl.inputs[v.name].Expr.Range().Ptr(), fmt.Sprintf(" of variable %q", v.name)
		}
		e.sink.Add(diag.Errorf(at, "Invalid value for variable", "%s\n\nThis was checked by the validation rule%s at %s.", message, of, r.condition.Range()))
		valid = false
	}
	return valid
}
