package plan

import (
	"bytes"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// publish plans a create or an update.
func (p *planner) publish(t *topic, a Action, why []Reason, c comparison) {
	if over := t.broker.Limits.Check(c.want); p.in.Refreshed && len(over) > 0 {
		p.refuseLimits(t, over)
		return
	}
	change := p.change(t, a, why)
	change.message, change.record = c.want, p.record(t, c.want)
	change.AfterDigest = change.record.Digest
	change.After = shown(c.want, change.Redaction)
	if a == Update {
		p.showBefore(t, &change, c.seen)
		change.Differs, change.SecretLeaves = c.diff, c.leaves
		if slices.Contains(why, Expiring) {
			left, _ := p.timeLeft(t)
			change.Before.Expiry = uint32(max(left.Seconds(), 0))
			change.Differs |= mqtt.FieldExpiry
		}
	}
	p.plan.Changes = append(p.plan.Changes, change)
}

// delete plans the publish that removes a message. It asks for an acknowledgement
// wherever the message itself did, and where it was somebody else's.
func (p *planner) delete(t *topic, why []Reason) {
	change := p.change(t, Delete, why)
	qos := mqtt.QoS(1)
	if t.rec != nil {
		qos = min(t.rec.QoS, 1)
	}
	change.message = mqtt.Deletion(t.key.Topic, qos)
	p.showBefore(t, &change, p.seen(t))
	p.plan.Changes = append(p.plan.Changes, change)
	p.plan.Deletes.Deletes++
}

// forget plans to drop a record and to leave the message.
func (p *planner) forget(t *topic, why []Reason) {
	change := p.change(t, Forget, why)
	p.showBefore(t, &change, p.seen(t))
	p.plan.Changes = append(p.plan.Changes, change)
}

// adopt plans to record a live message that equals its declaration.
func (p *planner) adopt(t *topic, c comparison) {
	change := p.change(t, Import, nil)
	change.message = p.kept(t, c)
	change.record = p.record(t, change.message)
	change.record.Modified = t.live.Modified
	if left, known := p.timeLeft(t); known { // so that its end is known, not the time of its adoption
		change.record.UpdatedAt = p.in.Now.Add(left - seconds(t.decl.Expiry))
	}
	change.AfterDigest = change.record.Digest
	p.showBefore(t, &change, c.seen)
	change.After = change.Before
	p.plan.Changes = append(p.plan.Changes, change)
	if declared(t.decl.Message)&^t.broker.Readable&^mqtt.FieldQoS != 0 {
		p.unchecked[t.broker.Name] = append(p.unchecked[t.broker.Name], t.key.Topic)
	}
}

// leave counts a message that is as declared, and puts its record right.
func (p *planner) leave(t *topic, c comparison) {
	p.plan.NoOps++
	if c.cosmetic() {
		p.plan.Cosmetic++
	}
	kept := p.kept(t, c)
	r := *t.rec
	r.Address, r.DependsOn = t.decl.Address, t.decl.DependsOn
	r.OnDestroy, r.PreventDestroy = t.decl.OnDestroy, t.decl.PreventDestroy
	r.OrderedProperties = t.decl.OrderedProperties
	if at := t.live.Modified; !at.IsZero() && !at.Equal(r.Modified) {
		r.Modified = at
	}
	resealed := p.mustReseal(t, kept)
	if resealed {
		r.Sealed = state.Seal(canonical(kept, r.OrderedProperties), t.hides(), p.key)
	}
	if resealed || !sameRecord(&r, t.rec) {
		p.bookkeep(t, &r)
	}
}

// mustReseal tells whether a record holds another message than the one that is
// kept, or hides another part of it.
func (p *planner) mustReseal(t *topic, kept mqtt.Message) bool {
	hide := t.hides()
	if hide.Fields != t.rec.Redaction.Fields || !slices.Equal(hide.Leaves, t.rec.Redaction.Leaves) {
		return true
	}
	if !p.in.Refreshed {
		return false // what was recorded is all that is known of it
	}
	diff, _ := t.rec.Sealed.Diff(canonical(kept, t.decl.OrderedProperties), p.key)
	return diff != 0
}

// sameRecord compares what bookkeeping can change beside the message.
func sameRecord(a, b *state.Record) bool {
	return a.Address == b.Address && a.OnDestroy == b.OnDestroy && a.PreventDestroy == b.PreventDestroy &&
		a.OrderedProperties == b.OrderedProperties && a.Modified.Equal(b.Modified) && slices.Equal(a.DependsOn, b.DependsOn)
}

// kept is the message to record where nothing is published: the live spelling,
// so that the next plan without a refresh is as quiet as this one. Of a payload
// with anything sensitive the declared spelling is kept: only that can be made
// again from a configuration.
func (p *planner) kept(t *topic, c comparison) mqtt.Message {
	m := c.want
	if p.in.Refreshed && !t.hides().Covers().Has(mqtt.FieldPayload) && !bytes.Equal(m.Payload, c.seen.Payload) {
		m.Payload = c.seen.Payload
	}
	return m
}

// bookkeep lists what the state must hold at a topic; nil is nothing.
func (p *planner) bookkeep(t *topic, r *state.Record) {
	c := p.change(t, NoOp, nil)
	c.record = r
	p.plan.Bookkeeping = append(p.plan.Bookkeeping, c)
}

// change begins a change with what every action has.
func (p *planner) change(t *topic, a Action, why []Reason) Change {
	c := Change{
		Action: a, Reasons: why, Broker: t.broker.Name, Key: t.key,
		Redaction: p.redaction(t), Index: cty.NilVal,
	}
	c.prior = cover(t.rec, c.Redaction, p.key)
	c.unkeyed = p.key == nil && !c.Redaction.None()
	switch {
	case t.decl != nil:
		d := t.decl
		c.Address, c.Name, c.Index, c.DependsOn = d.Address, d.Name, d.Index, d.DependsOn
		c.File, c.Line = d.Range.Filename, d.Range.Start.Line
	case t.rec != nil:
		c.Address, c.DependsOn = t.rec.Address, t.rec.DependsOn
	case t.exclusive != nil && a == Delete:
		c.Address = t.exclusive.Stranger(t.key.Topic)
		c.File, c.Line = t.exclusive.Range.Filename, t.exclusive.Range.Start.Line
		return c
	case t.pending != nil && t.pending.After != nil:
		c.Address = t.pending.After.Address
	}
	if t.decl == nil {
		c.Name, c.Index = splitAddress(c.Address)
	}
	return c
}

// showBefore sets what stands at the topic before the change.
func (p *planner) showBefore(t *topic, c *Change, seen mqtt.Message) {
	c.Before, c.Ends = p.shownLive(t, seen), p.ends(t, seen)
	if !p.in.Refreshed {
		c.BeforeDigest = c.prior.Digest
		return
	}
	c.BeforeDigest = t.broker.comparer(p.key).digest(t.live.Message, c.prior, t.ordered(), c.Redaction)
}

func shown(m mqtt.Message, hide mqtt.Redaction) *mqtt.Message {
	m = hide.Apply(m)
	return &m
}

// shownLive shows what stands at a topic.
func (p *planner) shownLive(t *topic, m mqtt.Message) *mqtt.Message {
	return shown(m, p.hidesLive(t, m))
}

// hidesLive is what to hide of what stands at a topic. Where that is neither what was
// recorded nor what is declared, others wrote it, and a secret may stand anywhere in it.
func (p *planner) hidesLive(t *topic, m mqtt.Message) mqtt.Redaction {
	hide := p.redaction(t)
	if hide.None() || !p.in.Refreshed || t.rec != nil && t.broker.comparer(p.key).shows(t.rec, m) {
		return hide
	}
	var declared *mqtt.Message
	if t.decl != nil {
		if m.Diff(t.decl.Message)&mqtt.Hideable == 0 {
			return hide
		}
		declared = &t.decl.Message
	}
	return foreign(m, hide, declared, t.rec, p.key)
}

// Show gives what may be shown of a live message at the change's topic that is not
// the one that was planned on.
func (c *Change) Show(live mqtt.Message, see Comparer) *mqtt.Message {
	var declared *mqtt.Message
	if c.complete() && !c.message.IsDeletion() {
		declared = &c.message
	}
	return shown(live, foreign(live, c.Redaction, declared, c.prior, see.Key))
}

// foreign is what to hide of a message that somebody else wrote. Only a declaration
// with the recorded secrets tells what to look for in it.
func foreign(m mqtt.Message, hide mqtt.Redaction, declared *mqtt.Message, r *state.Record, key []byte) mqtt.Redaction {
	var known []mqtt.Message
	if r != nil {
		known = append(known, r.Message)
	}
	if declared != nil {
		known = append(known, *declared)
	}
	if declared != nil && (r == nil || sameSecrets(r, *declared, key)) {
		return hide.Spread(m, known...)
	}
	return hide.AllBut(m, known...)
}

// sameSecrets tells whether a message has what the record hides. A payload of which
// leaves are hidden is known by those.
func sameSecrets(r *state.Record, m mqtt.Message, key []byte) bool {
	fields, leaves := r.Sealed.Diff(canonical(m, r.OrderedProperties), key)
	return fields&r.Redaction.Fields == 0 && len(leaves) == 0
}

// record is what state holds of a message once it is published or adopted.
func (p *planner) record(t *topic, m mqtt.Message) *state.Record {
	d := t.decl
	return &state.Record{
		Sealed:  state.Seal(canonical(m, d.OrderedProperties), t.hides(), p.key),
		Address: d.Address, UpdatedAt: p.in.Now, OrderedProperties: d.OrderedProperties,
		OnDestroy: d.OnDestroy, PreventDestroy: d.PreventDestroy, DependsOn: d.DependsOn,
	}
}

// hides is the redaction that a record is sealed with: the declared one. What is
// sent along as others left it stays as secret as it was.
func (t *topic) hides() mqtt.Redaction {
	d := t.decl
	if t.rec != nil && (d.IgnoreFields != 0 || len(d.IgnoreLeaves) > 0) {
		return d.Redaction.Union(t.rec.Redaction)
	}
	return d.Redaction
}

// redaction is what nothing of a topic may be shown without: the recorded
// redaction and the declared one.
func (p *planner) redaction(t *topic) mqtt.Redaction {
	var hide mqtt.Redaction
	if t.decl != nil {
		hide = t.decl.Redaction
	}
	if t.rec != nil && !t.rec.Redaction.None() {
		hide = hide.Union(t.rec.Redaction)
	}
	if t.pending != nil && t.pending.After != nil {
		hide = hide.Union(t.pending.After.Redaction)
	}
	return hide
}
