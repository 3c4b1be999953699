package plan

import (
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// create plans the publish of a declared message that is not live.
func (p *planner) create(t *topic) {
	var why []Reason
	switch {
	case t.backup != nil:
		why = interrupted(t, Restored)
	case t.rec == nil && t.pending != nil:
		why = []Reason{Interrupted}
	case t.rec == nil:
		why = []Reason{Added}
	case expired(t.rec, p.now):
		why = interrupted(t, Expired)
	default:
		why = interrupted(t, Drift)
	}
	p.publish(t, Create, why, comparison{want: recreated(t)})
}

// recreated returns the message to publish where none is live: the declared one, in which
// what somebody else writes is as it was last recorded, if it was. A sensitive part is as it
// is declared: a saved plan could not hold another.
func recreated(t *topic) mqtt.Message {
	if t.rec == nil {
		return t.decl.Message
	}
	m, _ := t.decl.Ignored().Carry(t.decl.Message, t.redaction().Apply(t.rec.Message))
	return m
}

// keep plans a declared message that is live: an update, an adoption or a no-op.
func (p *planner) keep(t *topic) {
	t.decl = p.widenRedaction(t)
	c := p.compare(t)
	why := p.reasons(t, c)
	switch {
	case t.rec == nil && c.diff != 0 && !t.overwrite:
		p.refuse(RefuseUnmanaged, t)
	case len(why) > 0 && t.rec != nil && p.unknown(t):
		p.refuse(RefuseUnknown, t)
	case len(why) > 0 || t.unsure:
		p.publish(t, Update, interrupted(t, why...), c)
	case t.rec == nil:
		p.adopt(t, c)
	default:
		p.leave(t, c)
	}
}

// publish plans a create or an update.
func (p *planner) publish(t *topic, a Action, why []Reason, c comparison) {
	if over := t.broker.Limits.Check(c.want); p.refreshed && len(over) > 0 {
		p.refuseLimits(t, over)
		return
	}
	change := p.change(t, a, why)
	change.message, change.record = c.want, p.record(t, c.want)
	change.AfterDigest = p.afterDigest(&change)
	change.After = shown(c.want, change.Redaction)
	if a == Update {
		p.showBefore(t, &change, c.seen)
		change.Differs, change.SecretLeaves = c.diff, c.leaves
		if !c.placed && c.diff.Has(mqtt.FieldPayload) {
			p.unplaced[t.broker.Name] = append(p.unplaced[t.broker.Name], t.key.Topic)
		}
		if slices.Contains(why, Expiring) {
			left, _ := p.timeLeft(t)
			change.Before.Expiry = uint32(max(left.Seconds(), 0))
			change.Differs |= mqtt.FieldExpiry
		}
	}
	p.plan.Changes = append(p.plan.Changes, change)
}

// adopt plans to record a live message that equals its declaration.
func (p *planner) adopt(t *topic, c comparison) {
	change := p.change(t, Import, nil)
	change.message = p.kept(t, c)
	change.record = p.record(t, change.message)
	change.record.Modified = t.live.Modified
	if left, known := p.timeLeft(t); known { // so that UpdatedAt plus the expiry is when it ends
		change.record.UpdatedAt = p.now.Add(left - seconds(t.decl.Expiry))
	}
	change.AfterDigest = p.afterDigest(&change)
	p.showBefore(t, &change, c.seen)
	change.After = change.Before
	p.plan.Changes = append(p.plan.Changes, change)
	if declared(t.decl.Message)&^t.broker.Readable&^mqtt.FieldQoS != 0 {
		p.unchecked[t.broker.Name] = append(p.unchecked[t.broker.Name], t.key.Topic)
	}
}

// leaveAbsent counts a recorded message that somebody else deleted and that may be absent, and
// corrects its record if the declaration differs.
func (p *planner) leaveAbsent(t *topic) {
	p.plan.NoOps++
	if r := redeclared(t); !sameRecord(&r, t.rec) {
		p.stateOnly(t, &r)
	}
}

// redeclared returns the record of a topic with what is declared beside the message.
func redeclared(t *topic) state.Record {
	r := *t.rec
	r.Address, r.DependsOn = t.decl.Address, t.decl.DependsOn
	r.OnDestroy, r.PreventDestroy = t.decl.OnDestroy, t.decl.PreventDestroy
	r.OrderedProperties = t.decl.OrderedProperties
	return r
}

// leave counts a message that is live as declared, and corrects its record if it differs.
func (p *planner) leave(t *topic, c comparison) {
	p.plan.NoOps++
	if c.cosmetic() {
		p.plan.Cosmetic++
	}
	kept := p.kept(t, c)
	r := redeclared(t)
	if at := t.live.Modified; !at.IsZero() && !at.Equal(r.Modified) {
		r.Modified = at
	}
	resealed := p.mustReseal(t, kept)
	if resealed {
		r.Sealed = state.SealIgnoring(canonical(kept, r.OrderedProperties), t.hides(), t.decl.Ignored(), p.key)
	}
	if resealed || !sameRecord(&r, t.rec) {
		p.stateOnly(t, &r)
	}
}
