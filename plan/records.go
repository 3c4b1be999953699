package plan

import (
	"bytes"
	"maps"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// record is what state holds of a message once it is published or adopted.
func (j *judge) record(t *topic, m mqtt.Message) *state.Record {
	d := t.decl
	return &state.Record{
		Sealed:  state.Seal(canonical(m, d.OrderedProperties), t.hides(), j.key),
		Address: d.Address, UpdatedAt: j.now, OrderedProperties: d.OrderedProperties,
		OnDestroy: d.OnDestroy, PreventDestroy: d.PreventDestroy, DependsOn: d.DependsOn,
	}
}

// kept is the message to record if nothing is published: the live spelling,
// so that the next plan without a refresh is as quiet as this one. Of a payload
// with anything sensitive the declared spelling is kept: only that can be made
// again from a configuration.
func (j *judge) kept(t *topic, c comparison) mqtt.Message {
	m := c.want
	if j.refreshed && !t.hides().Covers().Has(mqtt.FieldPayload) && !bytes.Equal(m.Payload, c.seen.Payload) {
		m.Payload = c.seen.Payload
	}
	return m
}

// mustReseal reports whether a record holds another message than the one that is
// kept, or hides another part of it.
func (j *judge) mustReseal(t *topic, kept mqtt.Message) bool {
	hide := t.hides()
	if hide.Fields != t.rec.Redaction.Fields || !slices.Equal(hide.Leaves, t.rec.Redaction.Leaves) {
		return true
	}
	if !j.refreshed {
		return false // what was recorded is all that is known of it
	}
	diff, _ := t.rec.Sealed.Diff(canonical(kept, t.decl.OrderedProperties), j.key)
	return diff != 0
}

// sameRecord compares what a record can change in without its message.
func sameRecord(a, b *state.Record) bool {
	return a.Address == b.Address && a.OnDestroy == b.OnDestroy && a.PreventDestroy == b.PreventDestroy &&
		a.OrderedProperties == b.OrderedProperties && a.Modified.Equal(b.Modified) && slices.Equal(a.DependsOn, b.DependsOn)
}

// acceptable is the record of what is live, and the fields in which it differs byte by
// byte. Of a hidden part that cannot be read back the recorded digest is kept: the
// message at hand has a placeholder there.
func (j *judge) acceptable(t *topic, seen mqtt.Message) (*state.Record, mqtt.Fields) {
	hide := t.redaction()
	base := cover(t.rec, hide, j.key)
	raw, _ := base.Sealed.Diff(canonical(seen, base.OrderedProperties), j.key)
	r := *base
	if at := t.live.Modified; !at.IsZero() {
		r.Modified = at
	}
	if raw &= t.broker.Readable; raw == 0 {
		r.Sealed = t.rec.Sealed
		return &r, 0
	}
	hide = j.hidesLive(t, seen) // for good: nothing else says that a secret is elsewhere now
	r.Sealed = state.Seal(canonical(seen, base.OrderedProperties), hide, j.key)
	r.Secrets = maps.Clone(r.Secrets)
	for _, name := range (hide.Covers() &^ t.broker.Readable).Names() {
		if digest, ok := base.Secrets[name]; ok {
			r.Secrets[name] = digest
		}
	}
	r.UpdatedAt = j.now
	if ends := j.ends(t, seen); !ends.IsZero() { // so that its end is known, not the time of its acceptance
		r.UpdatedAt = ends.Add(-seconds(seen.Expiry))
	}
	return &r, raw
}

// untouched reports whether the live message is what the interrupted apply was
// about to replace.
func (j *judge) untouched(t *topic) bool {
	see := j.comparer(t)
	if t.rec != nil && see.shows(t.rec, t.live.Message) {
		return true
	}
	if t.pending.Before == "" {
		return false
	}
	var hide mqtt.Redaction
	if t.pending.After != nil {
		hide = t.pending.After.Redaction
	}
	if t.rec != nil {
		hide = hide.Union(t.rec.Redaction)
	}
	ordered := t.ordered()
	if t.rec == nil && t.pending.After != nil {
		ordered = t.pending.After.OrderedProperties
	}
	return see.digest(t.live.Message, cover(t.rec, hide, j.key), ordered, hide) == t.pending.Before
}
