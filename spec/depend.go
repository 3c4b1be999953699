package spec

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// reference is one thing that an expression names: {"local", "devices"}.
type reference struct{ root, name string }

// reach gives everything that the expressions refer to, also by way of locals,
// without evaluating anything.
func (e *evaluator) reach(exprs ...hcl.Expression) map[reference]bool {
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
func (e *evaluator) brokerOnly() map[reference]bool {
	if e.evalBrokers {
		return nil
	}
	var brokers, others []hcl.Expression
	for _, b := range e.decl.brokers {
		brokers = append(brokers, expressions(b.attrs)...)
	}
	for _, m := range e.decl.messages {
		others = append(others, expressions(m.attrs)...)
		others = append(others, expressions(m.lifecycle)...)
	}
	for _, s := range e.decl.scopes {
		others = append(others, expressions(s.attrs)...)
	}
	unused, used := e.reach(brokers...), e.reach(others...)
	maps.DeleteFunc(unused, func(ref reference, _ bool) bool { return used[ref] })
	return unused
}

func expressions(attrs hcl.Attributes) []hcl.Expression {
	var exprs []hcl.Expression
	for _, attr := range attrs {
		exprs = append(exprs, attr.Expr)
	}
	return exprs
}

// dependencies are the blocks that a message must wait for, by label: those of
// depends_on, and those that its arguments refer to.
func (e *evaluator) dependencies(m *messageDecl) []string {
	set := map[string]bool{}
	for _, name := range e.dependsOn(m) {
		set[name] = true
	}
	for ref := range e.reach(expressions(m.attrs)...) {
		if ref.root == "message" && e.decl.messages[ref.name] != nil {
			set[ref.name] = true
		}
	}
	delete(set, "")
	return slices.Sorted(maps.Keys(set))
}

// dependsOn reads the depends_on argument.
func (e *evaluator) dependsOn(m *messageDecl) []string {
	attr := m.attrs["depends_on"]
	if attr == nil {
		return nil
	}
	list, diags := hcl.ExprList(attr.Expr)
	e.tally.add(diags...)
	var names []string
	for _, expr := range list {
		t, diags := hcl.AbsTraversalForExpr(expr)
		name, at := "", expr.Range()
		if !diags.HasErrors() {
			name, _, _ = step(t)
		}
		switch {
		case name == "" || t.RootName() != "message":
			e.tally.add(errorf(&at, "Invalid depends_on", "depends_on lists message blocks, without quotes: [message.NAME]."))
		case e.decl.messages[name] == nil:
			e.undeclared("message", name, at, maps.Keys(e.decl.messages))
		default:
			names = append(names, name)
		}
	}
	return names
}

// order fills in what each block depends on and reports circles, which apply
// could not begin anywhere.
func (e *evaluator) order() {
	const inside, done = 1, 2
	state := map[string]int{}
	var path []string
	var visit func(name string)
	visit = func(name string) {
		state[name] = inside
		path = append(path, name)
		m := e.decl.messages[name]
		m.dependsOn = e.dependencies(m)
		for _, next := range m.dependsOn {
			switch state[next] {
			case 0:
				visit(next)
			case inside:
				e.circle(path[slices.Index(path, next):])
			}
		}
		path = path[:len(path)-1]
		state[name] = done
	}
	for _, name := range slices.Sorted(maps.Keys(e.decl.messages)) {
		if state[name] == 0 {
			visit(name)
		}
	}
}

// circle reports blocks that wait for each other. A circle of references was
// reported when it was evaluated.
func (e *evaluator) circle(names []string) {
	var chain []string
	for _, name := range append(slices.Clone(names), names[0]) {
		chain = append(chain, Address(name, cty.NilVal))
	}
	if slices.ContainsFunc(chain, func(address string) bool { return e.circular[address] }) {
		return
	}
	at := e.decl.messages[names[0]].at
	e.tally.add(errorf(&at, "Dependencies in a circle", "Each of these blocks waits for the next, so that none could be published first: %s. Take a depends_on out.", strings.Join(shorten(chain), " → ")))
}
