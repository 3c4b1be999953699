package spec

import (
	"maps"

	"github.com/hashicorp/hcl/v2"
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
			name, _, named := step(t)
			ref := reference{t.RootName(), name}
			if !named || found[ref] {
				continue
			}
			found[ref] = true
			if attr := e.decl.locals[name]; ref.root == "local" && attr != nil {
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
	for _, b := range e.decl.brokers {
		brokers = append(brokers, expressions(b.attrs)...)
	}
	unused, used := e.reach(brokers...), e.reach(e.decl.beyondBrokers()...)
	maps.DeleteFunc(unused, func(ref reference, _ bool) bool { return used[ref] })
	return unused
}

// beyondBrokers are the expressions of all blocks but broker blocks and locals.
func (d *declarations) beyondBrokers() []hcl.Expression {
	var all []hcl.Expression
	for _, m := range d.messages {
		all = append(all, m.expressions()...)
		all = append(all, expressions(m.lifecycle)...)
	}
	for _, s := range d.scopes {
		all = append(all, expressions(s.attrs)...)
	}
	for _, m := range d.modules {
		all = append(all, expressions(m.attrs)...)
		all = append(all, expressions(m.inputs)...)
	}
	for _, o := range d.outputs {
		all = append(all, o.expressions()...)
	}
	for _, c := range d.checks {
		all = append(all, ruleExpressions(c.asserts)...)
	}
	return all
}

func expressions(attrs hcl.Attributes) []hcl.Expression {
	var exprs []hcl.Expression
	for _, attr := range sorted(attrs) { // in the same order each time, so that mistakes read the same
		exprs = append(exprs, attr.Expr)
	}
	return exprs
}
