package spec

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// maxModules bounds the instances of all module blocks: ten blocks that each repeat the next
// one ten times have 10^10 instances.
const maxModules = 100_000

// expandCall returns a module block with its instances. It returns nil if the block is being
// expanded already, in a circle.
func (mod *moduleInstance) expandCall(m *declare.Call, at hcl.Range) *call {
	if c := mod.calls[m.Name]; c != nil {
		return c
	}
	if !mod.enter(m.Address(), at) {
		return nil
	}
	defer mod.leave()
	c := &call{
		caller: mod, decl: m,
		contexts: map[string]*hcl.EvalContext{}, fixed: map[string]cty.Value{},
		varies: map[string]bool{}, values: map[string]cty.Value{},
	}
	instances, ok := mod.repeated(m.Attrs, m.At, &mod.sink, mod.reserveModules)
	mod.calls[m.Name] = c
	if c.broken = !ok || m.Body == nil; c.broken {
		mod.sawUnknown = true
		return c
	}
	for name, attr := range m.Inputs {
		c.varies[name] = slices.ContainsFunc(attr.Expr.Variables(), ofInstance)
	}
	static := mod.place.static + m.Address() + "."
	for _, instance := range instances {
		child := mod.instance(m.Body, modulePath{mod.place.path + addrs.Module(m.Name, instance.index) + ".", static})
		child.call, child.own = c, instance
		c.instances = append(c.instances, child)
	}
	return c
}

// reserveModules is the reserve function for the instances of modules.
func (mod *moduleInstance) reserveModules(n int64, at hcl.Range, sink *diag.Sink) bool {
	if n > int64(maxModules-mod.modules) {
		sink.Add(diag.Errorf(&at, "Too many module instances",
			"A configuration can have at most %d instances of modules, and these would exceed that. Declare many "+
				"messages in one module, with for_each.", maxModules))
		return false
	}
	mod.modules += int(n)
	return true
}

// input returns the value of an input in one instance of the module.
func (c *call) input(decl *declare.Variable, instance repetition) cty.Value {
	if value, known := c.fixed[decl.Name]; known {
		return value
	}
	value := c.convert(decl, instance)
	if !c.varies[decl.Name] {
		c.fixed[decl.Name] = value
	}
	return value
}

func (c *call) convert(decl *declare.Variable, instance repetition) cty.Value {
	attr := c.decl.Inputs[decl.Name]
	switch {
	case attr != nil:
	case decl.Default == cty.NilVal: // the missing input has been reported
		return cty.DynamicVal
	default:
		return decl.Default
	}
	ctx := c.contexts[decl.Name]
	if ctx == nil {
		ctx = c.caller.context(c.decl.Repeat(), attr.Expr)
		c.contexts[decl.Name] = ctx
	}
	sink := c.caller.found.general.Sink(c.caller.place.path + addrs.Module(c.decl.Name, instance.index))
	value, ok := c.caller.evalInto(&sink, instance.context(ctx), attr.Expr)
	if !ok {
		return cty.DynamicVal
	}
	at := attr.Expr.Range().Ptr()
	value, err := decl.Convert(value)
	switch {
	case err != nil:
		sink.Add(diag.Errorf(at, "Invalid input",
			"The value is not suitable for variable %q at %s: %s.", decl.Name, decl.At, err))
		return cty.DynamicVal
	case !value.IsNull() || decl.Nullable:
		return value
	case decl.Default == cty.NilVal:
		sink.Add(diag.Errorf(at, "Null input",
			"Variable %q at %s has nullable = false and no default, so it needs a value that is not null.",
			decl.Name, decl.At))
		return cty.DynamicVal
	}
	return decl.Default
}

// module returns the value of module.NAME: an object of the needed outputs, or an
// object or tuple of such objects if the block has for_each or count.
func (mod *moduleInstance) module(name string, n *needed) cty.Value {
	decl := mod.decl.Calls[name]
	if decl == nil {
		mod.undeclared("module", name, n.at, maps.Keys(mod.decl.Calls))
		return cty.DynamicVal
	}
	c := mod.expandCall(decl, n.at)
	if c == nil || c.broken || n.wrong {
		return cty.DynamicVal
	}
	names := slices.Sorted(maps.Keys(n.outputs))
	if n.all {
		names = slices.Sorted(maps.Keys(decl.Body.Outputs))
	}
	key := strings.Join(names, " ")
	if value, known := c.values[key]; known {
		return value
	}
	value, kept := c.value(names, n.at)
	if kept {
		c.values[key] = value
	}
	return value
}

// value returns the block as other expressions see it, with these outputs. keep is false if
// one of them is being evaluated, in a circle.
func (c *call) value(names []string, at hcl.Range) (_ cty.Value, keep bool) {
	objects, keep := make([]cty.Value, len(c.instances)), true
	for i, child := range c.instances {
		outputs := map[string]cty.Value{}
		for _, name := range names {
			outputs[name] = child.output(name, at)
			_, known := child.outputs[name]
			keep = keep && known
		}
		objects[i] = cty.ObjectVal(outputs)
	}
	return c.collect(objects), keep
}

// collect returns the instances' objects as an object, a tuple or one of them, as for_each and count require.
func (c *call) collect(objects []cty.Value) cty.Value {
	switch c.decl.Repeat() {
	case "for_each":
		all := make(map[string]cty.Value, len(objects))
		for i, child := range c.instances {
			all[child.own.index.AsString()] = objects[i]
		}
		return cty.ObjectVal(all)
	case "count":
		return cty.TupleVal(objects)
	}
	return objects[0]
}
