package spec

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/sensitive"
)

// maxModules bounds the instances of all module blocks: ten blocks that each
// repeat the next ten times are 10^10.
const maxModules = 100_000

// call is an evaluated module block: the instances of its module.
type call struct {
	e         *evaluator // of the module that the block stands in
	decl      *moduleDecl
	instances []*evaluator // in the order of their keys
	broken    bool

	contexts map[string]*hcl.EvalContext // of each input, before each and count
	fixed    map[string]cty.Value        // inputs that are the same in every instance
	varies   map[string]bool             // and those that are not
	values   map[string]cty.Value        // of the whole block, by the outputs in it
}

// expandCall finds the instances of a module block; nil where that is being done
// already, in a circle.
func (e *evaluator) expandCall(m *moduleDecl, at hcl.Range) *call {
	if c := e.calls[m.name]; c != nil {
		return c
	}
	if !e.enter(m.address(), at) {
		return nil
	}
	defer e.leave()
	c := &call{
		e: e, decl: m,
		contexts: map[string]*hcl.EvalContext{}, fixed: map[string]cty.Value{}, varies: map[string]bool{}, values: map[string]cty.Value{},
	}
	instances, ok := e.repeated(m.attrs, m.at, &e.tally, e.roomForModules)
	e.calls[m.name] = c
	if c.broken = !ok || m.body == nil; c.broken {
		e.poisoned = true
		return c
	}
	for name, attr := range m.inputs {
		c.varies[name] = slices.ContainsFunc(attr.Expr.Variables(), ofInstance)
	}
	static := e.place.static + m.address() + "."
	for _, instance := range instances {
		child := e.evaluator(m.body, modulePath{e.place.path + ModuleAddress(m.name, instance.index) + ".", static})
		child.call, child.own = c, instance
		c.instances = append(c.instances, child)
	}
	return c
}

// roomForModules counts instances of modules.
func (e *evaluator) roomForModules(n int64, at hcl.Range, t *tally) bool {
	if n > int64(maxModules-e.modules) {
		t.add(errorf(&at, "Too many module instances", "A configuration can have %d instances of modules, and with these there would be more. Let one module declare many messages with for_each.", maxModules))
		return false
	}
	e.modules += int(n)
	return true
}

// input gives the value of a variable that the module block gives, or its default.
func (e *evaluator) input(decl *variableDecl, at hcl.Range) cty.Value {
	if !e.enter("var."+decl.name, at) {
		return cty.DynamicVal
	}
	defer e.leave()
	value := e.call.input(decl, e.own)
	if decl.sensitive {
		value = value.Mark(sensitive.Mark)
	}
	e.vars[decl.name] = value
	if !e.valid(decl) {
		e.vars[decl.name] = cty.DynamicVal
	}
	return e.vars[decl.name]
}

// input evaluates an input for one instance of the module.
func (c *call) input(decl *variableDecl, instance instanceOf) cty.Value {
	if value, known := c.fixed[decl.name]; known {
		return value
	}
	value := c.convert(decl, instance)
	if !c.varies[decl.name] {
		c.fixed[decl.name] = value
	}
	return value
}

func (c *call) convert(decl *variableDecl, instance instanceOf) cty.Value {
	attr := c.decl.inputs[decl.name]
	switch {
	case attr != nil:
	case decl.def == cty.NilVal: // which was reported
		return cty.DynamicVal
	default:
		return decl.def
	}
	ctx := c.contexts[decl.name]
	if ctx == nil {
		ctx = c.e.scope(c.decl.repeat(), attr.Expr)
		c.contexts[decl.name] = ctx
	}
	t := tally{instance: c.e.place.path + ModuleAddress(c.decl.name, instance.index), ledger: c.e.notes.general}
	value, ok := c.e.evalInto(&t, instance.context(ctx), attr.Expr)
	if !ok {
		return cty.DynamicVal
	}
	at := attr.Expr.Range().Ptr()
	value, err := decl.convert(value)
	switch {
	case err != nil:
		t.add(errorf(at, "Invalid input", "The value is not suitable for variable %q at %s: %s.", decl.name, decl.at, err))
		return cty.DynamicVal
	case !value.IsNull() || decl.nullable:
		return value
	case decl.def == cty.NilVal:
		t.add(errorf(at, "Null input", "Variable %q at %s has nullable = false and no default, so it needs a value that is not null.", decl.name, decl.at))
		return cty.DynamicVal
	}
	return decl.def
}

// module gives the value of module.NAME: an object of the needed outputs, or an
// object or tuple of such where the block has instances.
func (e *evaluator) module(name string, n *needed) cty.Value {
	decl := e.decl.modules[name]
	if decl == nil {
		e.undeclared("module", name, n.at, maps.Keys(e.decl.modules))
		return cty.DynamicVal
	}
	c := e.expandCall(decl, n.at)
	if c == nil || c.broken || n.wrong {
		return cty.DynamicVal
	}
	names := slices.Sorted(maps.Keys(n.outputs))
	if n.all {
		names = slices.Sorted(maps.Keys(decl.body.outputs))
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

// value is what other expressions see of the block, with these outputs. It is to be
// kept unless one of them is being evaluated, in a circle.
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

// collect gives the instances' objects in the form that the block has.
func (c *call) collect(objects []cty.Value) cty.Value {
	switch c.decl.repeat() {
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
