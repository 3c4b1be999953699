package spec

import (
	"maps"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// maxInstances bounds the instances of all blocks: count = 1e9 is a mistake, and
// no broker holds so many.
const maxInstances = 1_000_000

// expand evaluates a message block with all its instances; nil where it is being
// evaluated already, in a circle.
func (e *moduleInstance) expand(m *declare.Message, at hcl.Range) *expansion {
	if x := e.blocks[m.Label]; x != nil && !e.chain.active[e.place.path+m.Address()] {
		return x
	}
	if !e.enter(m.Address(), at) {
		return nil
	}
	defer e.leave()
	x := &expansion{decl: m, place: e.place, sink: e.found.block(m).Sink(e.sink.Instance)}
	if e.call != nil {
		x.call = e.call.decl
	}
	e.blocks[m.Label] = x
	instances, ok := e.repeated(m.Attrs, m.At, &x.sink, e.room)
	if !ok {
		x.broken = true
		return x
	}
	base, must := e.scope(m.Repeat(), m.PerInstance()...), e.conditions(m)
	common := e.lifecycle(x)
	args := arguments{eval: &e.evaluator, sink: &x.sink, attrs: m.Attrs, at: &m.At, fixed: newFixed(m.Attrs)}
	block := e.place.path + m.Address()
	x.messages = make([]Message, 0, len(instances))
	for _, instance := range instances {
		args.ctx, common.Index, common.Address = instance.context(base), instance.index, block+addrs.Key(instance.index)
		x.at(common.Address, instance.index)
		d := decoder{args, x, e.brokers, e.schemas, common}
		if must.before(&d, instance) && d.decode() && must.after(&d, instance) {
			x.messages = append(x.messages, d.m)
		} else {
			x.broken = true
		}
	}
	x.sink.Instance = e.sink.Instance
	doubts(x)
	return x
}

// conditions returns what must hold for each instance of a message block.
func (e *moduleInstance) conditions(m *declare.Message) conditions {
	own := ownRoot(m.Repeat())
	return conditions{
		decl: m,
		pre:  e.scopeWith([]string{own}, declare.RuleExpressions(m.Preconditions)...),
		post: e.scopeWith([]string{own, "self"}, declare.RuleExpressions(m.Postconditions)...),
	}
}

// lifecycle returns what the lifecycle block says of all instances of a message block.
func (e *moduleInstance) lifecycle(x *expansion) Message {
	attrs := maps.Clone(x.decl.Lifecycle)
	changes := attrs["ignore_changes"]
	delete(attrs, "ignore_changes")
	a := e.arguments(attrs, &x.decl.At)
	a.sink = &x.sink
	return a.lifecycle(changes)
}

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

// room counts messages.
func (e *moduleInstance) room(n int64, at hcl.Range, t *diag.Sink) bool {
	if n > int64(maxInstances-e.instances) {
		t.Add(diag.Errorf(&at, "Too many messages", "A configuration can declare %d messages, and with these there would be more. Split it into several folders.", maxInstances))
		return false
	}
	e.instances += int(n)
	return true
}
