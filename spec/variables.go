package spec

import (
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/declare"
)

// variables returns the variables of the module with their values, by name.
func (mod *moduleInstance) variables() []Variable {
	var all []Variable
	for _, name := range slices.Sorted(maps.Keys(mod.vars)) {
		decl := mod.decl.Variables[name]
		value, _ := mod.vars[name].UnmarkDeep()
		all = append(all, Variable{Name: name, Value: value, Sensitive: decl.Sensitive, Range: decl.At})
	}
	return all
}

// validate evaluates the validation blocks of the root module, after all of its variables have
// their values. A variable that fails becomes unknown, because values computed from it would
// only cause further errors.
func (mod *moduleInstance) validate() {
	var failed []string
	for name := range declare.Sorted(mod.vars) {
		if !mod.valid(mod.decl.Variables[name]) {
			failed = append(failed, name)
		}
	}
	for _, name := range failed {
		mod.vars[name] = cty.DynamicVal
	}
}
