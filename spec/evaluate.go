package spec

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/retainctl/retainctl/spec/bounds"
)

// run is one evaluation of a whole configuration: what its modules share.
type run struct {
	root        *evaluator
	evalBrokers bool
	functions   map[string]function.Function
	byName      map[string]*brokerDecl // broker blocks; filled in when first asked for
	schemas     map[string]*schema
	scopes      scopes // of all modules; filled in at the end of everything

	chain     []link // what is being resolved, the outermost first
	active    map[string]bool
	circular  map[string]bool // members of reported circles, by their static address
	instances int             // of all message blocks
	modules   int             // instances of all module blocks
	poisoned  bool            // an unknown value was met
	failed    []Failed        // assertions

	found map[*declarations]*notes
	first map[string]*evaluator // one instance of each module, by its static place
	needs map[string][]string   // what message blocks wait for, by their static address
}

// evaluator computes the values of one instance of a module: the root, or what a
// module block calls. It computes each when it is first asked for, so that
// declarations may stand in any order, and once.
type evaluator struct {
	*run
	decl  *declarations
	place modulePath
	call  *call      // that the module is an instance of; nil of the root
	own   instanceOf // which instance of it

	vars    map[string]cty.Value // marked; unknown where the value is wrong
	locals  map[string]cty.Value
	objects map[string]cty.Value // messages as expressions see them
	blocks  map[string]*expansion
	calls   map[string]*call
	outputs map[string]cty.Value

	notes *notes
	tally tally
}

// modulePath is where an instance of a module is in the tree of modules, as a prefix of
// addresses: nothing, or `module.site["a"].`.
type modulePath struct {
	path   string
	static string // without instance keys: what dependencies speak of
}

func newEvaluator(decl *declarations, calls map[string]function.Function, evalBrokers bool) *evaluator {
	r := &run{
		evalBrokers: evalBrokers,
		functions:   calls,
		schemas:     map[string]*schema{},
		active:      map[string]bool{},
		circular:    map[string]bool{},
		found:       map[*declarations]*notes{},
		first:       map[string]*evaluator{},
		needs:       map[string][]string{},
	}
	r.root = r.evaluator(decl, modulePath{})
	return r.root
}

// evaluator makes the evaluator of one instance of a module.
func (r *run) evaluator(decl *declarations, at modulePath) *evaluator {
	n := r.found[decl]
	if n == nil {
		n = newNotes()
		r.found[decl] = n
	}
	e := &evaluator{
		run:     r,
		decl:    decl,
		place:   at,
		vars:    map[string]cty.Value{},
		locals:  map[string]cty.Value{},
		objects: map[string]cty.Value{},
		blocks:  map[string]*expansion{},
		calls:   map[string]*call{},
		outputs: map[string]cty.Value{},
		notes:   n,
		tally:   tally{instance: strings.TrimSuffix(at.path, "."), ledger: n.general},
	}
	if r.first[at.static] == nil {
		r.first[at.static] = e
	}
	return e
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
	left := bounds.MaxParts
	if bounds.WhollyKnown(value, &left) {
		return value, true
	}
	if left < 0 {
		t.add(errorf(expr.Range().Ptr(), "Value too large", "It holds more than %d values, each counted as often as it stands in it.", bounds.MaxParts))
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
