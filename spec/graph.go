package spec

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// maxChain is how many references may follow one another. Resolving them is
// recursive, and Go cannot recover from a stack that is used up.
const maxChain = 1000

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
	for name, n := range refs.modules {
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
	if err := withinBounds(value); err != nil {
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

// link is one thing that is being resolved.
type link struct{ address, static string }

// enter begins to resolve a thing of this module. It refuses one that is being
// resolved, naming the chain that leads back to it.
func (e *evaluator) enter(local string, at hcl.Range) bool {
	address := e.place.path + local
	if e.active[address] {
		var chain []string
		for _, link := range e.chain {
			if len(chain) > 0 || link.address == address {
				chain = append(chain, link.address)
				e.circular[link.static] = true
			}
		}
		chain = append(chain, address)
		e.once("cycle "+strings.Join(chain, " "), &at, "References in a circle", "Its own value is needed to compute it: %s. Break the circle: put what they share into a local that depends on neither.", strings.Join(shorten(chain), " → "))
		return false
	}
	if len(e.chain) >= maxChain {
		e.once("chain", &at, "References nested too deeply", "More than %d references follow one another here.", maxChain)
		return false
	}
	e.active[address] = true
	e.chain = append(e.chain, link{address, e.place.static + local})
	return true
}

func (e *evaluator) leave() {
	last := len(e.chain) - 1
	delete(e.active, e.chain[last].address)
	e.chain = e.chain[:last]
}

// shorten leaves out the middle of a chain that nobody would read.
func shorten(chain []string) []string {
	if len(chain) <= 12 {
		return chain
	}
	return slices.Concat(chain[:6], []string{fmt.Sprintf("(%d more)", len(chain)-11)}, chain[len(chain)-5:])
}

// undeclared reports a name that nothing declares: once, wherever it is used.
func (e *evaluator) undeclared(what, name string, at hcl.Range, names iter.Seq[string]) {
	advice := didYouMean(name, names)
	if advice == "" {
		advice = " Declare it, or name one that is declared."
	}
	if what == "local" {
		e.once("local."+name, &at, "Undeclared local", "No locals block declares %q.%s", name, advice)
		return
	}
	e.once(what+"."+name, &at, "Undeclared "+what, "No %s block declares %q.%s", what, name, advice)
}

// once reports a mistake of references that is known by its key.
func (e *evaluator) once(key string, at *hcl.Range, summary, format string, args ...any) {
	if e.notes.reported[key] {
		return
	}
	e.notes.reported[key] = true
	e.tally.add(errorf(at, summary, format, args...))
}

// notHere reports each, count or self where an instance does not have it.
func (e *evaluator) notHere(t hcl.Traversal, root string) {
	at := t.SourceRange()
	where := "the arguments of a message or module block that has count, other than count itself"
	switch root {
	case "each":
		where = "the arguments of a message or module block that has for_each, other than for_each itself"
	case "self":
		where = "the postcondition blocks of a message"
	}
	e.once(fmt.Sprint(root, at), &at, fmt.Sprintf("%q is not available here", root), "%s exists in %s.", root, where)
}

func (e *evaluator) unknownRoot(t hcl.Traversal, root string) {
	at := t.SourceRange()
	roots := []string{"var", "local", "message", "module", "broker", "each", "count", "path"}
	advice := didYouMean(root, slices.Values(roots))
	if len(t) == 1 {
		advice = " A string stands in double quotes; a variable is var." + root + ", a local is local." + root + "."
	}
	e.once(fmt.Sprint("root", root), &at, "Unknown name", "There is nothing called %q here. References begin with %s.%s", root, oneOf(roots), advice)
}

// checkAttribute reports a reference to what messages do not have, with a hint
// that the evaluation itself does not give.
func (e *evaluator) checkAttribute(t hcl.Traversal, name string) bool {
	decl := e.decl.messages[name]
	rest := t[2:]
	if decl != nil && decl.repeat() != "" && len(rest) > 0 {
		rest = rest[1:]
	}
	if decl == nil || len(rest) == 0 {
		return true
	}
	attr, ok := rest[0].(hcl.TraverseAttr)
	if !ok || slices.Contains(referable, attr.Name) {
		return true
	}
	e.once(fmt.Sprint("attribute", attr.SrcRange), &attr.SrcRange, "Unknown attribute", "A message has no attribute %q for others to use.%s It has %s.", attr.Name, didYouMean(attr.Name, slices.Values(referable)), oneOf(referable))
	return false
}
