package spec

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/declare"
)

// reference identifies a declaration that something refers to: {"local", "devices"}.
type reference struct{ root, name string }

// follow visits all declarations that expressions of a module refer to, directly or through
// locals, inputs and outputs, without evaluating them. It visits an output as
// {"output", NAME}, in the first instance of its module.
func (mod *moduleInstance) follow(exprs []hcl.Expression, visit func(in *moduleInstance, to reference)) {
	f := follower{seen: map[string]bool{}, visit: visit}
	f.add(mod, "", exprs...)
	f.walk(func(in *moduleInstance, expr hcl.Expression) {
		for ref := range declare.References(expr) {
			if ref.Named {
				visit(in, reference{ref.Root, ref.Name})
				f.addTarget(in, ref)
			}
		}
	})
}

// follower visits the references of expressions, each expression once.
type follower struct {
	seen    map[string]bool
	waiting []expressions
	visit   func(in *moduleInstance, to reference)
}

// expressions are expressions of one module.
type expressions struct {
	in    *moduleInstance
	exprs []hcl.Expression
}

// add adds the expressions of a declaration, given by its address within its module, unless
// they were added before.
func (f *follower) add(in *moduleInstance, local string, exprs ...hcl.Expression) {
	if key := in.place.static + local; !f.seen[key] {
		f.seen[key] = true
		f.waiting = append(f.waiting, expressions{in, exprs})
	}
}

// addTarget adds the expressions of the declaration that a reference leads to.
func (f *follower) addTarget(in *moduleInstance, ref declare.Reference) {
	switch local := ref.Root + "." + ref.Name; ref.Root {
	case "local":
		if attr := in.decl.Locals[ref.Name]; attr != nil {
			f.add(in, local, attr.Expr)
		}
	case "var":
		if c := in.call; c != nil && c.decl.Inputs[ref.Name] != nil {
			f.add(c.caller, c.decl.Address()+" "+local, c.decl.Inputs[ref.Name].Expr)
		}
	case "module":
		child := in.first[in.place.static+local+"."]
		if child == nil {
			return
		}
		n := newNeeded(ref.NameRange)
		n.take(&in.reporter, ref)
		for name, o := range declare.Sorted(child.decl.Outputs) {
			if n.all || n.outputs[name] {
				f.add(child, o.Address(), o.Expressions()...)
				f.visit(child, reference{"output", name})
			}
		}
	}
}
