package spec

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/declare"
)

// evaluated is a configuration with all of its values.
type evaluated struct {
	*run
	blocks []*expansion        // of all modules
	scopes scopes              // of all modules
	needs  map[string][]string // what message blocks wait for, by their static address
}

// everything evaluates the whole configuration, also what nothing refers to, so
// that mistakes there are reported.
func (r *run) everything() *evaluated {
	r.root.evaluateAll()
	all := &evaluated{run: r, needs: r.order(), blocks: r.everyBlock()}
	checkDuplicates(all.blocks, &r.root.sink)
	r.root.eachModule(all.scopes.evaluate)
	all.scopes.check(all.blocks)
	return all
}

// evaluateAll evaluates all of a module, and of the modules that it calls.
func (e *moduleInstance) evaluateAll() {
	unused := e.brokerOnly()
	for name, decl := range declare.Sorted(e.decl.Variables) {
		if e.call != nil {
			e.variable(name, decl.At)
		}
	}
	for name, attr := range declare.Sorted(e.decl.Locals) {
		if !unused[reference{"local", name}] {
			e.local(name, attr.NameRange)
		}
	}
	for _, m := range declare.Sorted(e.decl.Messages) {
		e.expand(m, m.At)
	}
	for name, o := range declare.Sorted(e.decl.Outputs) {
		e.output(name, o.At)
	}
	for _, c := range declare.Sorted(e.decl.Checks) {
		e.assert(c)
	}
	for _, m := range declare.Sorted(e.decl.Calls) {
		if c := e.expandCall(m, m.At); c != nil {
			for _, child := range c.instances {
				child.evaluateAll()
			}
		}
	}
}

// everyBlock gives the evaluated message blocks of all modules: those of a module
// before those of the modules that it calls, each by name.
func (r *run) everyBlock() []*expansion {
	var all []*expansion
	r.root.eachModule(func(e *moduleInstance) {
		for _, x := range declare.Sorted(e.blocks) {
			all = append(all, x)
		}
	})
	return all
}

// eachModule visits a module and all that it calls.
func (e *moduleInstance) eachModule(visit func(*moduleInstance)) {
	visit(e)
	for _, c := range declare.Sorted(e.calls) {
		for _, child := range c.instances {
			child.eachModule(visit)
		}
	}
}

// messages gathers every instance of every block.
func (all *evaluated) messages() []Message {
	messages := make([]Message, 0, all.instances)
	for _, x := range all.blocks {
		needs := all.needs[x.static()]
		for i := range x.messages {
			x.messages[i].DependsOn = needs
		}
		messages = append(messages, x.messages...)
	}
	return messages
}

// diagnostics gives all that was found, by module and block.
func (r *run) diagnostics() hcl.Diagnostics {
	var diags hcl.Diagnostics
	byFolder := func(a, b *declare.Module) int { return strings.Compare(a.Dir, b.Dir) }
	for _, decl := range slices.SortedFunc(maps.Keys(r.findings), byFolder) {
		diags = append(diags, r.findings[decl].diagnostics()...)
	}
	return diags
}

// brokerOnly are the locals that only broker blocks use, where these are not
// evaluated: they may need variables that are unset.
func (e *moduleInstance) brokerOnly() map[reference]bool {
	if e.evalBrokers || e.call != nil {
		return nil
	}
	var brokers []hcl.Expression
	for _, b := range e.decl.Brokers {
		brokers = append(brokers, declare.Expressions(b.Attrs)...)
	}
	unused, used := e.reach(brokers), e.reach(e.decl.BeyondBrokers())
	maps.DeleteFunc(unused, func(ref reference, _ bool) bool { return used[ref] })
	return unused
}

// reach returns what of this module some expressions need.
func (e *moduleInstance) reach(exprs []hcl.Expression) map[reference]bool {
	found := map[reference]bool{}
	e.follow(exprs, func(in *moduleInstance, to reference) {
		if in == e {
			found[to] = true
		}
	})
	return found
}
