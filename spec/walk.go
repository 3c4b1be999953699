package spec

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/declare"
)

// everything evaluates the whole configuration, also what nothing refers to, so
// that mistakes there are reported.
func (r *run) everything() {
	r.root.evaluateAll()
	r.order()
	r.checkDuplicates()
	r.root.eachModule(r.scopes.evaluate)
	r.scopes.check(r.everyBlock())
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
func (r *run) messages() []Message {
	all := make([]Message, 0, r.instances)
	for _, x := range r.everyBlock() {
		needs := r.needs[x.static()]
		for i := range x.messages {
			x.messages[i].DependsOn = needs
		}
		all = append(all, x.messages...)
	}
	return all
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
