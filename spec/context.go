package spec

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// context returns the context to evaluate expressions in. It has only the values that they
// refer to, so that nothing else is evaluated. repeat is "for_each" or "count" if the context
// of an instance adds each or count.
func (mod *moduleInstance) context(repeat string, exprs ...hcl.Expression) *hcl.EvalContext {
	return mod.contextWith([]string{ownRoot(repeat)}, exprs...)
}

// arguments returns a reader of the arguments of the block at a range.
func (mod *moduleInstance) arguments(attrs hcl.Attributes, at *hcl.Range) *arguments {
	ctx := mod.context("", declare.Expressions(attrs)...)
	return &arguments{eval: &mod.evaluator, sink: &mod.sink, attrs: attrs, at: at, ctx: ctx}
}

// ownRoot returns the root that a repeating argument adds in each instance: "each" for
// "for_each", "count" for "count".
func ownRoot(repeat string) string {
	if repeat == "for_each" {
		return "each"
	}
	return repeat
}

// contextWith is like context, with the roots that the context of an instance adds.
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

// resolve adds the value of one reference to refs. A reference that has none is reported and
// becomes unknown, which evaluates without further errors.
func (mod *moduleInstance) resolve(ref declare.Reference, own []string, refs references) {
	root, name := ref.Root, ref.Name
	switch root {
	case "each", "count", "self":
		if !slices.Contains(own, root) {
			mod.unavailable(ref)
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

// lookup returns the value of the declaration with a root and a name.
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
		"The paths are path.root, the configuration's folder, and path.module, the module's folder.%s",
		diag.DidYouMean(name, slices.Values([]string{"root", "module"})))
	return cty.DynamicVal
}

// brokerName returns the value of broker.NAME, which is the broker's name.
func (mod *moduleInstance) brokerName(name string, at hcl.Range) cty.Value {
	switch {
	case mod.call != nil:
		mod.once("broker", &at, "Broker reference in a module",
			"Only the root module can refer to brokers. Declare a variable here, write broker = var.broker, and set "+
				"it in the module block: broker = broker.%s.", name)
		return cty.DynamicVal
	case mod.brokers.byName[name] == nil:
		mod.undeclared("broker", name, at, mod.brokers.names())
		return cty.DynamicVal
	}
	return cty.StringVal(name)
}
