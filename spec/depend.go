package spec

import (
	"maps"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/declare"
)

// reference is one thing that an expression names: {"local", "devices"}.
type reference struct{ root, name string }

// reach gives everything that the expressions refer to, also by way of locals,
// without evaluating anything.
func (e *moduleInstance) reach(exprs ...hcl.Expression) map[reference]bool {
	found := map[reference]bool{}
	for waiting := exprs; len(waiting) > 0; {
		expr := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		for _, t := range expr.Variables() {
			name, _, named := declare.Step(t)
			ref := reference{t.RootName(), name}
			if !named || found[ref] {
				continue
			}
			found[ref] = true
			if attr := e.decl.Locals[name]; ref.root == "local" && attr != nil {
				waiting = append(waiting, attr.Expr)
			}
		}
	}
	return found
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
	unused, used := e.reach(brokers...), e.reach(e.decl.BeyondBrokers()...)
	maps.DeleteFunc(unused, func(ref reference, _ bool) bool { return used[ref] })
	return unused
}
