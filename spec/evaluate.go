package spec

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// evaluator computes values when they are first asked for, so that declarations
// may stand in any order. Each is computed once.
type evaluator struct {
	decl        *declarations
	evalBrokers bool
	functions   map[string]function.Function

	vars    map[string]cty.Value // marked; unknown where the value is wrong
	locals  map[string]cty.Value
	objects map[string]cty.Value // messages as expressions see them
	blocks  map[string]*expansion

	byName map[string]*brokerDecl // broker blocks; filled in when first asked for

	chain     []string // what is being resolved, the outermost first
	active    map[string]bool
	reported  map[string]bool
	circular  map[string]bool // members of reported circles
	instances int             // of all blocks
	schemas   map[string]*schema
	scopes    *scopes // filled in at the end of evaluateAll
	poisoned  bool    // an unknown value was met

	tally tally
}

func newEvaluator(decl *declarations, root *sandbox, evalBrokers bool) *evaluator {
	return &evaluator{
		decl:        decl,
		evalBrokers: evalBrokers,
		functions:   newFunctions(root, "."),
		vars:        map[string]cty.Value{},
		locals:      map[string]cty.Value{},
		objects:     map[string]cty.Value{},
		blocks:      map[string]*expansion{},
		active:      map[string]bool{},
		reported:    map[string]bool{},
		circular:    map[string]bool{},
		schemas:     map[string]*schema{},
	}
}

// eval evaluates an expression; ok is false where it has errors, which are
// reported, or where it depends on something that has.
func (e *evaluator) eval(ctx *hcl.EvalContext, expr hcl.Expression) (cty.Value, bool) {
	return e.evalInto(&e.tally, ctx, expr)
}

func (e *evaluator) evalInto(t *tally, ctx *hcl.EvalContext, expr hcl.Expression) (cty.Value, bool) {
	value, diags := expr.Value(ctx)
	if len(diags) > 0 {
		t.addFrom(diags, expr, ctx)
		if diags.HasErrors() {
			return cty.DynamicVal, false
		}
	}
	left := maxParts
	if wholly(value, &left) {
		return value, true
	}
	if left < 0 {
		t.add(errorf(expr.Range().Ptr(), "Value too large", "It holds more than %d values, each counted as often as it stands in it.", maxParts))
	}
	e.poisoned = true
	return cty.DynamicVal, false
}

// evalSecret evaluates an argument that is always sensitive, whatever it is made
// of.
func (e *evaluator) evalSecret(t *tally, ctx *hcl.EvalContext, expr hcl.Expression) (cty.Value, bool) {
	value, diags := expr.Value(ctx)
	for _, d := range diags {
		t.add(withheld(d))
	}
	return value, !diags.HasErrors() && value.IsWhollyKnown()
}

// evaluateAll evaluates what nothing refers to as well, so that mistakes there
// are reported.
func (e *evaluator) evaluateAll() {
	unused := e.brokerOnly()
	for _, name := range slices.Sorted(maps.Keys(e.decl.locals)) {
		if !unused[reference{"local", name}] {
			e.local(name, e.decl.locals[name].NameRange)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.decl.messages)) {
		e.expand(e.decl.messages[name], e.decl.messages[name].at)
	}
	e.order()
	e.checkDuplicates()
	e.scopes = e.evaluateScopes()
	e.scopes.check(e.sorted())
}

// diagnostics gives all that was found, by block.
func (e *evaluator) diagnostics() hcl.Diagnostics {
	diags := e.tally.diagnostics()
	for _, name := range slices.Sorted(maps.Keys(e.blocks)) {
		diags = append(diags, e.blocks[name].tally.diagnostics()...)
	}
	return diags
}
