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
	blocks  []*expansion        // of all modules
	filters filterBlocks        // of all modules
	needs   map[string][]string // dependencies of message blocks, by their static address
}

// everything evaluates the whole configuration. Declarations without a reference to them are
// evaluated too, so that their mistakes are reported.
func (r *run) everything() *evaluated {
	r.root.evaluateAll()
	all := &evaluated{run: r, needs: r.order(), blocks: r.everyBlock()}
	checkDuplicates(all.blocks, &r.root.sink)
	r.root.eachModule(all.filters.evaluate)
	all.filters.check(all.blocks)
	return all
}

// evaluateAll evaluates all declarations of a module, and of the modules that it calls.
func (mod *moduleInstance) evaluateAll() {
	unused := mod.brokerOnly()
	for name, decl := range declare.Sorted(mod.decl.Variables) {
		if mod.call != nil {
			mod.variable(name, decl.At)
		}
	}
	for name, attr := range declare.Sorted(mod.decl.Locals) {
		if !unused[reference{"local", name}] {
			mod.local(name, attr.NameRange)
		}
	}
	for _, m := range declare.Sorted(mod.decl.Messages) {
		mod.expand(m, m.At)
	}
	for name, o := range declare.Sorted(mod.decl.Outputs) {
		mod.output(name, o.At)
	}
	for _, c := range declare.Sorted(mod.decl.Checks) {
		mod.assert(c)
	}
	for _, m := range declare.Sorted(mod.decl.Calls) {
		if c := mod.expandCall(m, m.At); c != nil {
			for _, child := range c.instances {
				child.evaluateAll()
			}
		}
	}
}

// everyBlock returns the evaluated message blocks of all modules: those of a module
// before those of the modules that it calls, each by name.
func (r *run) everyBlock() []*expansion {
	var all []*expansion
	r.root.eachModule(func(mod *moduleInstance) {
		for _, x := range declare.Sorted(mod.blocks) {
			all = append(all, x)
		}
	})
	return all
}

// eachModule visits a module, and recursively all modules that it calls.
func (mod *moduleInstance) eachModule(visit func(*moduleInstance)) {
	visit(mod)
	for _, c := range declare.Sorted(mod.calls) {
		for _, child := range c.instances {
			child.eachModule(visit)
		}
	}
}

// messages returns every instance of every block.
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

// diagnostics returns all diagnostics, by module and block.
func (r *run) diagnostics() hcl.Diagnostics {
	var diags hcl.Diagnostics
	byFolder := func(a, b *declare.Module) int { return strings.Compare(a.Dir, b.Dir) }
	for _, decl := range slices.SortedFunc(maps.Keys(r.findings), byFolder) {
		diags = append(diags, r.findings[decl].diagnostics()...)
	}
	return diags
}

// brokerOnly returns the locals that only broker blocks use. They are not evaluated if the
// broker blocks are not, because they may need variables that are not set. It returns nil if
// broker blocks are evaluated.
func (mod *moduleInstance) brokerOnly() map[reference]bool {
	if mod.evalBrokers || mod.call != nil {
		return nil
	}
	var brokers []hcl.Expression
	for _, b := range mod.decl.Brokers {
		brokers = append(brokers, declare.Expressions(b.Attrs)...)
	}
	unused, used := mod.reach(brokers), mod.reach(mod.decl.NonBrokerExpressions())
	maps.DeleteFunc(unused, func(ref reference, _ bool) bool { return used[ref] })
	return unused
}

// reach returns the declarations of this module that expressions refer to, directly or not.
func (mod *moduleInstance) reach(exprs []hcl.Expression) map[reference]bool {
	found := map[reference]bool{}
	mod.follow(exprs, func(in *moduleInstance, to reference) {
		if in == mod {
			found[to] = true
		}
	})
	return found
}
