package spec

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// maxInstances bounds the instances of all blocks: count = 1e9 is a mistake, and
// no broker holds so many.
const maxInstances = 1_000_000

// instanceOf is one instance before it is decoded.
type instanceOf struct {
	index, value cty.Value // index is cty.NilVal for the only one, value for a count
}

// context adds each or count to the block's own context.
func (i instanceOf) context(base *hcl.EvalContext) *hcl.EvalContext {
	if i.index == cty.NilVal {
		return base
	}
	name, is := "each", map[string]cty.Value{"key": i.index, "value": i.value}
	if i.value == cty.NilVal {
		name, is = "count", map[string]cty.Value{"index": i.index}
	}
	ctx := base.NewChild()
	ctx.Variables = map[string]cty.Value{name: cty.ObjectVal(is)}
	return ctx
}

// expand evaluates a message block with all its instances; nil where it is being
// evaluated already, in a circle.
func (e *moduleInstance) expand(m *declare.Message, at hcl.Range) *expansion {
	if x := e.blocks[m.Label]; x != nil && !e.active[e.place.path+m.Address()] {
		return x
	}
	if !e.enter(m.Address(), at) {
		return nil
	}
	defer e.leave()
	x := &expansion{e: e, decl: m, sink: e.found.block(m).Sink(e.sink.Instance)}
	e.blocks[m.Label] = x
	instances, ok := e.repeated(m.Attrs, m.At, &x.sink, e.room)
	if !ok {
		x.broken = true
		return x
	}
	base, must := e.scope(m.Repeat(), m.PerInstance()...), e.conditions(m)
	common := e.lifecycle(m, &x.sink)
	args := arguments{e: e, sink: &x.sink, attrs: m.Attrs, at: &m.At, fixed: newFixed(m.Attrs)}
	block := e.place.path + m.Address()
	x.messages = make([]Message, 0, len(instances))
	for _, instance := range instances {
		args.ctx, common.Index, common.Address = instance.context(base), instance.index, block+addrs.Key(instance.index)
		x.at(common.Address, instance.index)
		d := decoder{args, x, common}
		if must.before(&d, instance) && d.decode() && must.after(&d, instance) {
			x.messages = append(x.messages, d.m)
		} else {
			x.broken = true
		}
	}
	x.sink.Instance = e.sink.Instance
	e.doubts(x)
	return x
}

// room counts instances against a bound, and reports at a place where there would
// be too many.
type room func(n int64, at hcl.Range, t *diag.Sink) bool

// repeated lists the instances of a block with these arguments.
func (e *moduleInstance) repeated(attrs hcl.Attributes, block hcl.Range, t *diag.Sink, room room) ([]instanceOf, bool) {
	name := declare.Repeat(attrs)
	if name == "" {
		return []instanceOf{{}}, room(1, block, t)
	}
	expr := attrs[name].Expr
	at := expr.Range()
	value, ok := e.evalInto(t, e.scope("", expr), expr)
	if !ok {
		return nil, false
	}
	switch {
	case value.IsMarked():
		t.Add(diag.Errorf(&at, "Sensitive "+name, "%s decides which instances exist, and their addresses are shown; a sensitive value cannot be used. Use nonsensitive(...) where the keys are no secret.", name))
	case value.IsNull():
		t.Add(diag.Errorf(&at, "Null "+name, "The value of %s is null. Use an empty map, or 0, for no instance.", name))
	case name == "count":
		return counted(value, at, t, room)
	default:
		return forEach(value, at, t, room)
	}
	return nil, false
}

func counted(value cty.Value, at hcl.Range, t *diag.Sink, room room) ([]instanceOf, bool) {
	value, err := convert.Convert(value, cty.Number)
	if err == nil && (!value.AsBigFloat().IsInt() || value.AsBigFloat().Sign() < 0) {
		err = errNotWhole
	}
	if err != nil {
		t.Add(diag.Errorf(&at, "Invalid count", "count is a whole number, 0 or more: %s.", err))
		return nil, false
	}
	n, _ := value.AsBigFloat().Int64()
	if !room(n, at, t) {
		return nil, false
	}
	all := make([]instanceOf, n)
	for i := range all {
		all[i].index = cty.NumberIntVal(int64(i))
	}
	return all, true
}

func forEach(value cty.Value, at hcl.Range, t *diag.Sink, room room) ([]instanceOf, bool) {
	typ := value.Type()
	isSet := typ.IsSetType() && (typ.ElementType() == cty.String || value.LengthInt() == 0)
	if !typ.IsMapType() && !typ.IsObjectType() && !isSet {
		t.Add(diag.Errorf(&at, "Invalid for_each", "for_each takes a map, an object or a set of strings, whose keys name the instances; this is %s. "+
			"For a list of strings write toset(...); for a list of objects { for x in ... : x.id => x }.", typ.FriendlyName()))
		return nil, false
	}
	if !room(int64(value.LengthInt()), at, t) {
		return nil, false
	}
	all := make([]instanceOf, 0, value.LengthInt())
	for it := value.ElementIterator(); it.Next(); {
		key, element := it.Element()
		if isSet {
			key = element
		}
		if key.IsNull() {
			t.Add(diag.Errorf(&at, "Null in for_each", "The set holds a null; every instance needs a key."))
			return nil, false
		}
		all = append(all, instanceOf{key, element})
	}
	return all, true
}

// room counts messages.
func (e *moduleInstance) room(n int64, at hcl.Range, t *diag.Sink) bool {
	if n > int64(maxInstances-e.instances) {
		t.Add(diag.Errorf(&at, "Too many messages", "A configuration can declare %d messages, and with these there would be more. Split it into several folders.", maxInstances))
		return false
	}
	e.instances += int(n)
	return true
}
