package spec

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// run holds what the modules of a configuration share during one evaluation.
type run struct {
	evaluator
	root        *moduleInstance
	evalBrokers bool
	functions   map[string]function.Function
	brokers     *brokerSet
	schemas     schemas

	chain     chain    // the values being resolved
	instances int      // of all message blocks
	modules   int      // instances of all module blocks
	failed    []Failed // assertions of check blocks

	findings map[*declare.Module]*findings
	first    map[string]*moduleInstance // one instance of each module, by its static place
}

// moduleInstance computes the values of one instance of a module: of the root, or of a module
// that a module block calls. Each value is computed once, on the first reference to it, so
// declarations may be in any order.
type moduleInstance struct {
	*run
	reporter
	place modulePath
	call  *call      // whose instance it is; nil for the root
	own   repetition // which of its instances

	vars    map[string]cty.Value // with marks; unknown if the value is wrong
	locals  map[string]cty.Value
	objects map[string]cty.Value // messages as expressions see them
	blocks  map[string]*expansion
	calls   map[string]*call
	outputs map[string]cty.Value
}

// call is an evaluated module block: the instances of its module.
type call struct {
	caller    *moduleInstance // with the block
	decl      *declare.Call
	instances []*moduleInstance // in the order of their keys
	broken    bool

	contexts map[string]*hcl.EvalContext // by input, without each and count
	fixed    map[string]cty.Value        // inputs that are the same in every instance
	varies   map[string]bool             // inputs that are not
	values   map[string]cty.Value        // of the whole block, by the names of the outputs in it
}

// newRun returns the root module of a new run.
func newRun(decl *declare.Module, calls map[string]function.Function, work *Work, evalBrokers bool) *moduleInstance {
	r := &run{
		evaluator:   evaluator{work: work},
		evalBrokers: evalBrokers,
		functions:   calls,
		brokers:     newBrokerSet(decl.Brokers),
		schemas:     schemas{},
		chain:       newChain(),
		findings:    map[*declare.Module]*findings{},
		first:       map[string]*moduleInstance{},
	}
	r.root = r.instance(decl, modulePath{})
	return r.root
}

// instance returns a new instance of a module.
func (r *run) instance(decl *declare.Module, at modulePath) *moduleInstance {
	f := r.findings[decl]
	if f == nil {
		f = newFindings()
		r.findings[decl] = f
	}
	mod := &moduleInstance{
		run:      r,
		reporter: reporter{decl, f, f.general.Sink(at.instance())},
		place:    at,
		vars:     map[string]cty.Value{},
		locals:   map[string]cty.Value{},
		objects:  map[string]cty.Value{},
		blocks:   map[string]*expansion{},
		calls:    map[string]*call{},
		outputs:  map[string]cty.Value{},
	}
	if r.first[at.static] == nil {
		r.first[at.static] = mod
	}
	return mod
}

// eval evaluates an expression of the module. ok is false if it has errors, which are reported,
// or if it depends on something that has.
func (mod *moduleInstance) eval(ctx *hcl.EvalContext, expr hcl.Expression) (_ cty.Value, ok bool) {
	return mod.evalInto(&mod.sink, ctx, expr)
}

// enter begins to resolve a value of this module. It returns false if the value is being
// resolved already, and reports the chain that leads back to it.
func (mod *moduleInstance) enter(local string, at hcl.Range) bool {
	address := mod.place.path + local
	if circle := mod.chain.circle(address); circle != nil {
		mod.once("cycle "+strings.Join(circle, " "), &at, "References in a circle",
			"Its own value is needed to compute it: %s. Break the circle: move the common part to a local that "+
				"depends on neither.", strings.Join(diag.ShortenChain(circle), " → "))
		return false
	}
	if mod.chain.full() {
		mod.once("chain", &at, "References nested too deeply",
			"A chain of more than %d references leads here. Shorten it.", maxChain)
		return false
	}
	mod.chain.enter(link{address, mod.place.static + local})
	return true
}

func (mod *moduleInstance) leave() { mod.chain.leave() }
