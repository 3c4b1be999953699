package spec

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// context returns the context that expressions are evaluated in: what they refer to
// and nothing else, so that only this is evaluated. repeat is "for_each" or "count" if
// the instance's own context adds each or count.
func (mod *moduleInstance) context(repeat string, exprs ...hcl.Expression) *hcl.EvalContext {
	return mod.contextWith([]string{ownRoot(repeat)}, exprs...)
}

// arguments returns the arguments of a block at a place, to be read in the context of
// what they refer to.
func (mod *moduleInstance) arguments(attrs hcl.Attributes, at *hcl.Range) *arguments {
	ctx := mod.context("", declare.Expressions(attrs)...)
	return &arguments{eval: &mod.evaluator, sink: &mod.sink, attrs: attrs, at: at, ctx: ctx}
}

// ownRoot returns the root that the argument which repeats a block adds in each
// instance.
func ownRoot(repeat string) string {
	if repeat == "for_each" {
		return "each"
	}
	return repeat
}

// contextWith is context if the instance's own context adds the roots own.
func (mod *moduleInstance) contextWith(own []string, exprs ...hcl.Expression) *hcl.EvalContext {
	refs := newReferences()
	for ref := range declare.References(exprs...) {
		mod.resolve(ref, own, refs)
	}
	for name, n := range declare.Sorted(refs.modules) {
		refs.set("module", name, mod.module(name, n))
	}
	ctx := &hcl.EvalContext{Functions: mod.functions, Variables: map[string]cty.Value{}}
	for root, values := range refs.values {
		ctx.Variables[root] = cty.ObjectVal(values)
	}
	for root := range refs.unknown {
		ctx.Variables[root] = cty.DynamicVal
	}
	return ctx
}

// resolve finds the value of one reference. What cannot be found is reported and
// becomes unknown, which evaluates without further errors.
func (mod *moduleInstance) resolve(ref declare.Reference, own []string, refs references) {
	root, name := ref.Root, ref.Name
	switch root {
	case "each", "count", "self":
		if !slices.Contains(own, root) {
			mod.notHere(ref)
			refs.unknown[root] = true
		}
		return
	case "var", "local", "broker", "message", "module", "path":
	default:
		mod.unknownRoot(ref)
		refs.unknown[root] = true
		return
	}
	if !ref.Named {
		mod.incomplete(ref)
		refs.unknown[root] = true
		return
	}
	if root == "module" {
		refs.need(name, ref.NameRange).take(&mod.reporter, ref)
		return
	}
	if _, done := refs.values[root][name]; !done {
		refs.set(root, name, mod.lookup(root, name, ref.NameRange))
	}
	if root == "message" && !mod.checkAttribute(ref) {
		refs.set(root, name, cty.DynamicVal)
	}
}

// lookup returns the value of what a root and a name refer to.
func (mod *moduleInstance) lookup(root, name string, at hcl.Range) cty.Value {
	switch root {
	case "var":
		return mod.variable(name, at)
	case "local":
		return mod.local(name, at)
	case "message":
		return mod.message(name, at)
	case "broker":
		return mod.brokerName(name, at)
	}
	switch name {
	case "root":
		return cty.StringVal(".")
	case "module":
		return cty.StringVal(mod.decl.Dir)
	}
	mod.once("path."+name, &at, "Unknown path",
		"There are path.root, the configuration's folder, and path.module, that of the module.%s",
		diag.DidYouMean(name, slices.Values([]string{"root", "module"})))
	return cty.DynamicVal
}

// brokerName returns the value of broker.NAME, which is its name.
func (mod *moduleInstance) brokerName(name string, at hcl.Range) cty.Value {
	switch {
	case mod.call != nil:
		mod.once("broker", &at, "Broker reference in a module",
			"Brokers are known in the root module only. Declare a variable here, write broker = var.broker, and "+
				"have the module block pass it: broker = broker.%s.", name)
		return cty.DynamicVal
	case mod.brokers.byName[name] == nil:
		mod.undeclared("broker", name, at, mod.brokers.names())
		return cty.DynamicVal
	}
	return cty.StringVal(name)
}
