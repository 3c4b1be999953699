package spec

import (
	"maps"

	"github.com/hashicorp/hcl/v2"

	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// maxInstances bounds the instances of all message blocks: count = 1e9 is a mistake, because no
// broker can hold so many messages.
const maxInstances = 1_000_000

// expand evaluates a message block with all its instances. It returns nil if the block is being
// expanded already, in a circle.
func (mod *moduleInstance) expand(m *declare.Message, at hcl.Range) *expansion {
	if x := mod.blocks[m.Label]; x != nil && !mod.chain.active[mod.place.path+m.Address()] {
		return x
	}
	if !mod.enter(m.Address(), at) {
		return nil
	}
	defer mod.leave()
	x := &expansion{decl: m, place: mod.place, sink: mod.found.block(m).Sink(mod.sink.Instance)}
	if mod.call != nil {
		x.call = mod.call.decl
	}
	mod.blocks[m.Label] = x
	instances, ok := mod.repeated(m.Attrs, m.At, &x.sink, mod.reserveMessages)
	if !ok {
		x.broken = true
		return x
	}
	base, must := mod.context(m.Repeat(), m.PerInstance()...), mod.conditions(m)
	common := mod.lifecycle(x)
	args := arguments{eval: &mod.evaluator, sink: &x.sink, attrs: m.Attrs, at: &m.At, fixed: newFixed(m.Attrs)}
	block := mod.place.path + m.Address()
	x.messages = make([]Message, 0, len(instances))
	for _, instance := range instances {
		args.ctx, common.Index, common.Address = instance.context(base), instance.index, block+addrs.Key(instance.index)
		x.at(common.Address, instance.index)
		d := decoder{args, x, mod.brokers, mod.schemas, common}
		if must.before(&d, instance) && d.decode() && must.after(&d, instance) {
			x.messages = append(x.messages, d.m)
		} else {
			x.broken = true
		}
	}
	x.sink.Instance = mod.sink.Instance
	doubts(x)
	return x
}

// conditions returns the conditions that must hold for each instance of a message block.
func (mod *moduleInstance) conditions(m *declare.Message) conditions {
	own := ownRoot(m.Repeat())
	return conditions{
		decl: m,
		pre:  mod.contextWith([]string{own}, declare.RuleExpressions(m.Preconditions)...),
		post: mod.contextWith([]string{own, "self"}, declare.RuleExpressions(m.Postconditions)...),
	}
}

// lifecycle returns a Message with the fields that a lifecycle block sets.
func (mod *moduleInstance) lifecycle(x *expansion) Message {
	attrs := maps.Clone(x.decl.Lifecycle)
	changes := attrs["ignore_changes"]
	delete(attrs, "ignore_changes")
	a := mod.arguments(attrs, &x.decl.At)
	a.sink = &x.sink
	return a.lifecycle(changes)
}

// repeated returns the instances of a block with these arguments.
func (mod *moduleInstance) repeated(
	attrs hcl.Attributes, block hcl.Range, sink *diag.Sink, reserve reserve,
) ([]repetition, bool) {
	name := declare.Repeat(attrs)
	if name == "" {
		return []repetition{{}}, reserve(1, block, sink)
	}
	expr := attrs[name].Expr
	at := expr.Range()
	value, ok := mod.evalInto(sink, mod.context("", expr), expr)
	if !ok {
		return nil, false
	}
	switch {
	case value.IsMarked():
		sink.Add(diag.Errorf(&at, "Sensitive "+name,
			"%s decides which instances exist, and their addresses are shown, so its value cannot be sensitive. "+
				"Use nonsensitive(...) if the keys are not secret.", name))
	case value.IsNull():
		sink.Add(diag.Errorf(&at, "Null "+name, "The value of %s is null. Use an empty map, or 0, for no instances.", name))
	case name == "count":
		return counted(value, at, sink, reserve)
	default:
		return forEach(value, at, sink, reserve)
	}
	return nil, false
}

// reserveMessages is the reserve function for the instances of message blocks.
func (mod *moduleInstance) reserveMessages(n int64, at hcl.Range, sink *diag.Sink) bool {
	if n > int64(maxInstances-mod.instances) {
		sink.Add(diag.Errorf(&at, "Too many messages",
			"A configuration can declare at most %d messages, and these would exceed that. Split it into several "+
				"folders.", maxInstances))
		return false
	}
	mod.instances += int(n)
	return true
}
