package plan

import (
	"bytes"
	"maps"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// record returns what the state holds of a message after it is published or adopted.
func (j *judge) record(t *topic, m mqtt.Message) *state.Record {
	d := t.decl
	return &state.Record{
		Sealed:  state.SealIgnoring(canonical(m, d.OrderedProperties), t.hides(), d.Ignored(), j.key),
		Address: d.Address, UpdatedAt: j.now, OrderedProperties: d.OrderedProperties,
		OnDestroy: d.OnDestroy, PreventDestroy: d.PreventDestroy, DependsOn: d.DependsOn,
	}
}

// afterDigest returns the digest of what a change publishes or adopts.
func (j *judge) afterDigest(c *Change) string {
	if c.Ignored.None() {
		return c.record.Digest
	}
	return digest(canonical(c.message, c.record.OrderedProperties), c.record.Redaction, c.Ignored, j.key)
}

// kept returns the message to record if nothing is published. It has the live spelling of
// the payload, so that the next plan without a refresh has no changes either. If the
// payload has a sensitive part, it has the declared spelling, because only that can be
// evaluated again from a configuration.
func (j *judge) kept(t *topic, c comparison) mqtt.Message {
	m := c.want
	if j.refreshed && !t.hides().Covers().Has(mqtt.FieldPayload) && !bytes.Equal(m.Payload, c.seen.Payload) {
		m.Payload = c.seen.Payload
	}
	return m
}

// mustReseal reports whether a record holds a different message than kept, or hides other
// parts of it.
func (j *judge) mustReseal(t *topic, kept mqtt.Message) bool {
	hide := t.hides()
	if hide.Fields != t.rec.Redaction.Fields || !slices.Equal(hide.Leaves, t.rec.Redaction.Leaves) {
		return true
	}
	if !j.refreshed {
		return false // nothing newer than the record is known
	}
	kept = canonical(kept, t.decl.OrderedProperties)
	diff, _ := t.rec.Sealed.Diff(kept, j.key)
	shown := hide.Apply(kept).Diff(t.rec.Message) & mqtt.FieldPayload // an ignored leaf of it
	return diff|shown != 0 || !t.rec.Ignored.Equal(t.decl.Ignored())
}

// sameRecord reports whether two records are equal apart from their messages.
func sameRecord(a, b *state.Record) bool {
	return a.Address == b.Address && a.OnDestroy == b.OnDestroy && a.PreventDestroy == b.PreventDestroy &&
		a.OrderedProperties == b.OrderedProperties && a.Modified.Equal(b.Modified) && slices.Equal(a.DependsOn, b.DependsOn)
}

// acceptable returns the record of the live message, and the fields in which it differs
// from the old record byte by byte. The digest of a hidden part that cannot be read back is
// kept, because seen has a placeholder there.
func (j *judge) acceptable(t *topic, seen mqtt.Message) (*state.Record, mqtt.Fields) {
	hide := t.redaction()
	base := cover(t.rec, hide, t.ignored(), j.key)
	raw, _ := base.Sealed.Diff(canonical(seen, base.OrderedProperties), j.key)
	r := *base
	if at := t.live.Modified; !at.IsZero() {
		r.Modified = at
	}
	if raw &= t.broker.Readable; raw == 0 {
		r.Sealed = t.rec.Sealed
		return &r, 0
	}
	hide = j.hidesLive(t, seen) // recorded, because nothing else shows where a secret is now
	r.Sealed = state.SealIgnoring(canonical(seen, base.OrderedProperties), hide, base.Ignored, j.key)
	r.Secrets = maps.Clone(r.Secrets)
	for _, name := range (hide.Covers() &^ t.broker.Readable).Names() {
		if digest, ok := base.Secrets[name]; ok {
			r.Secrets[name] = digest
		}
	}
	r.UpdatedAt = j.now
	if ends := j.ends(t, seen); !ends.IsZero() { // so that UpdatedAt plus the expiry is when it ends
		r.UpdatedAt = ends.Add(-seconds(seen.Expiry))
	}
	return &r, raw
}

// untouched reports whether the live message is the one that the interrupted apply was
// about to replace.
func (j *judge) untouched(t *topic) bool {
	comparer := j.comparer(t)
	var ignored mqtt.Ignored // by the interrupted apply
	switch {
	case t.pending.After != nil:
		ignored = t.pending.After.Ignored
	case t.rec != nil:
		ignored = t.rec.Ignored
	}
	if t.rec != nil && comparer.shows(t.rec, t.live.Message, ignored) {
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
	return comparer.digest(t.live.Message, cover(t.rec, hide, ignored, j.key), ordered, hide, ignored) == t.pending.Before
}
