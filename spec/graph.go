package spec

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/bounds"
)

// references are the values that expressions refer to, by root and name.
type references struct {
	values  map[string]map[string]cty.Value
	unknown map[string]bool // roots of which a reference is wrong
	modules map[string]*needed
}

// scope makes the context that the expressions are evaluated in: what they refer
// to and nothing else, so that only this is evaluated. repeat is "for_each" or
// "count" where the instance's own context adds each or count.
func (e *evaluator) scope(repeat string, exprs ...hcl.Expression) *hcl.EvalContext {
	return e.scopeWith([]string{ownRoot(repeat)}, exprs...)
}

// ownRoot is the root that an instance has of its own for an argument that
// repeats its block.
func ownRoot(repeat string) string {
	if repeat == "for_each" {
		return "each"
	}
	return repeat
}

// scopeWith is scope where the instance's own context adds the roots own.
func (e *evaluator) scopeWith(own []string, exprs ...hcl.Expression) *hcl.EvalContext {
	refs := references{map[string]map[string]cty.Value{}, map[string]bool{}, map[string]*needed{}}
	for _, expr := range exprs {
		for _, t := range expr.Variables() {
			e.resolve(t, own, refs)
		}
	}
	for name, n := range sorted(refs.modules) {
		refs.set("module", name, e.module(name, n))
	}
	ctx := &hcl.EvalContext{Functions: e.functions, Variables: map[string]cty.Value{}}
	for root, values := range refs.values {
		ctx.Variables[root] = cty.ObjectVal(values)
	}
	for root := range refs.unknown {
		ctx.Variables[root] = cty.DynamicVal
	}
	return ctx
}

func (r references) set(root, name string, value cty.Value) {
	if r.values[root] == nil {
		r.values[root] = map[string]cty.Value{}
	}
	r.values[root][name] = value
}

// resolve finds the value of one reference. What cannot be found is reported and
// stands as unknown, which evaluates without further errors.
func (e *evaluator) resolve(t hcl.Traversal, own []string, refs references) {
	root := t.RootName()
	switch root {
	case "each", "count", "self":
		if !slices.Contains(own, root) {
			e.notHere(t, root)
			refs.unknown[root] = true
		}
		return
	case "var", "local", "broker", "message", "module", "path":
	default:
		e.unknownRoot(t, root)
		refs.unknown[root] = true
		return
	}
	name, at, named := step(t)
	if !named {
		e.once(fmt.Sprint(root, t.SourceRange()), t.SourceRange().Ptr(), "Incomplete reference", "%q names a kind of thing; write %s.NAME, with the name as it is declared. A name that is computed cannot be used.", root, root)
		refs.unknown[root] = true
		return
	}
	if root == "module" {
		refs.need(name, at).take(e, t, name)
		return
	}
	if _, done := refs.values[root][name]; !done {
		refs.set(root, name, e.lookup(root, name, at))
	}
	if root == "message" && !e.checkAttribute(t, name) {
		refs.set(root, name, cty.DynamicVal)
	}
}

// step gives the second step of a reference: a name, or an index that is a
// literal string.
func step(t hcl.Traversal) (string, hcl.Range, bool) {
	if len(t) < 2 {
		return "", hcl.Range{}, false
	}
	switch s := t[1].(type) {
	case hcl.TraverseAttr:
		return s.Name, s.SrcRange, true
	case hcl.TraverseIndex:
		if s.Key.Type() == cty.String && s.Key.IsKnown() && !s.Key.IsNull() {
			return s.Key.AsString(), s.SrcRange, true
		}
	}
	return "", hcl.Range{}, false
}

func (e *evaluator) lookup(root, name string, at hcl.Range) cty.Value {
	switch root {
	case "var":
		return e.variable(name, at)
	case "local":
		return e.local(name, at)
	case "message":
		return e.message(name, at)
	case "broker":
		return e.brokerName(name, at)
	}
	switch name {
	case "root":
		return cty.StringVal(".")
	case "module":
		return cty.StringVal(e.decl.dir)
	}
	e.once("path."+name, &at, "Unknown path", "There are path.root, the configuration's folder, and path.module, that of the module.%s", didYouMean(name, slices.Values([]string{"root", "module"})))
	return cty.DynamicVal
}

func (e *evaluator) brokerName(name string, at hcl.Range) cty.Value {
	switch {
	case e.call != nil:
		e.once("broker", &at, "Broker reference in a module", "Brokers are known in the root module only. Declare a variable here, write broker = var.broker, and have the module block pass it: broker = broker.%s.", name)
		return cty.DynamicVal
	case e.broker(name) == nil:
		e.undeclared("broker", name, at, e.brokerNames())
		return cty.DynamicVal
	}
	return cty.StringVal(name)
}

func (e *evaluator) variable(name string, at hcl.Range) cty.Value {
	if value, there := e.vars[name]; there {
		return value
	}
	decl := e.decl.variables[name]
	if decl == nil {
		e.undeclared("variable", name, at, maps.Keys(e.decl.variables))
		return cty.DynamicVal
	}
	if e.call != nil {
		return e.input(decl, at)
	}
	e.unset(decl)
	return cty.DynamicVal
}

func (e *evaluator) local(name string, at hcl.Range) cty.Value {
	if value, there := e.locals[name]; there {
		return value
	}
	attr := e.decl.locals[name]
	if attr == nil {
		e.undeclared("local", name, at, maps.Keys(e.decl.locals))
		return cty.DynamicVal
	}
	if !e.enter("local."+name, at) {
		return cty.DynamicVal
	}
	value, ok := e.eval(e.scope("", attr.Expr), attr.Expr)
	e.leave()
	if !ok && value == cty.NilVal {
		value = cty.DynamicVal
	}
	if err := bounds.Value(value); err != nil {
		e.tally.add(errorf(attr.Expr.Range().Ptr(), "Value too large", "%s.", sentence(err)))
		value = cty.DynamicVal
	}
	e.locals[name] = value
	return value
}

// message gives the value of message.NAME: an object, or an object or tuple of
// such where the block has instances.
func (e *evaluator) message(name string, at hcl.Range) cty.Value {
	decl := e.decl.messages[name]
	if decl == nil {
		e.undeclared("message", name, at, maps.Keys(e.decl.messages))
		return cty.DynamicVal
	}
	if value, there := e.objects[name]; there {
		return value
	}
	x := e.expand(decl, at)
	if x == nil { // in a circle, which is no value to keep
		return cty.DynamicVal
	}
	e.objects[name] = x.value()
	return e.objects[name]
}
