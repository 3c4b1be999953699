package plan

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
)

// change returns a change with the fields that every action has.
func (j *judge) change(t *topic, a Action, why []Reason) Change {
	c := Change{
		Action: a, Reasons: why, Broker: t.broker.Name, Key: t.key,
		Redaction: t.redaction(), Index: cty.NilVal,
	}
	c.Ignored = t.ignored()
	c.prior = cover(t.rec, c.Redaction, c.Ignored, j.key)
	c.unkeyed = j.key == nil && !c.Redaction.None()
	switch {
	case t.decl != nil:
		d := t.decl
		c.Address, c.Name, c.Index, c.DependsOn = d.Address, d.Name, d.Index, d.DependsOn
		c.File, c.Line = d.Range.Filename, d.Range.Start.Line
	case t.rec != nil:
		c.Address, c.DependsOn = t.rec.Address, t.rec.DependsOn
	case t.exclusive != nil && a == Delete:
		c.Address = t.exclusive.UntrackedAddress(t.key.Topic)
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

// showBefore sets Before, Ends and BeforeDigest of a change.
func (j *judge) showBefore(t *topic, c *Change, seen mqtt.Message) {
	c.Before, c.Ends = j.shownLive(t, seen), j.ends(t, seen)
	if !j.refreshed {
		c.BeforeDigest = sealedDigest(c.prior.Sealed, c.Ignored)
		return
	}
	c.BeforeDigest = j.comparer(t).digest(t.live.Message, c.prior, t.ordered(), c.Redaction, c.Ignored)
}

// shownLive returns what may be shown of a live message, redacted.
func (j *judge) shownLive(t *topic, m mqtt.Message) *mqtt.Message {
	return shown(m, j.hidesLive(t, m))
}

// hidesLive returns the redaction of a live message. If it is neither the recorded nor the
// declared one, somebody else wrote it, and a secret may be anywhere in it.
func (j *judge) hidesLive(t *topic, m mqtt.Message) mqtt.Redaction {
	hide := t.redaction()
	if hide.None() || !j.refreshed || t.rec != nil && j.comparer(t).shows(t.rec, m, mqtt.Ignored{}) {
		return hide
	}
	var declared *mqtt.Message
	if t.decl != nil {
		if m.Diff(t.decl.Message)&mqtt.Hideable == 0 {
			return hide
		}
		declared = &t.decl.Message
	}
	return redactForeign(m, hide, declared, t.rec, j.key)
}

// refused returns a topic as part of a refusal, with what is known of it.
func (j *judge) refused(t *topic) Refused {
	hide := t.redaction()
	r := Refused{Key: t.key}
	if t.rec != nil {
		r.Address, r.Recorded = t.rec.Address, shown(t.rec.Message, hide)
	}
	if t.pending != nil && t.pending.After != nil {
		r.Address, r.Planned = t.pending.After.Address, shown(t.pending.After.Message, hide)
	}
	if d := t.decl; d != nil {
		r.Address, r.File, r.Line = d.Address, d.Range.Filename, d.Range.Start.Line
		if r.Planned == nil {
			r.Planned = shown(d.Message, hide)
		}
	}
	if t.there && j.refreshed {
		r.Live = j.shownLive(t, t.live.Message)
	}
	return r
}
