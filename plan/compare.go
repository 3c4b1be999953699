package plan

import (
	"bytes"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/payload"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// comparison is the result of comparing a declared message with the one at its topic.
type comparison struct {
	want   mqtt.Message // the declaration, with the live values of what it ignores
	seen   mqtt.Message // the live message; fields that cannot be read back are the record's
	diff   mqtt.Fields  // the differences that count
	leaves []string     // the redacted leaves that differ

	respelled bool // the bytes of the payload differ
}

// cosmetic reports whether only the spelling of the payload differs.
func (c comparison) cosmetic() bool { return c.diff == 0 && c.respelled }

// compare compares a declaration with the live message in the fields that the broker
// shows, and with the record in the others: without a refresh, in all of them.
func (j *judge) compare(t *topic) comparison {
	seen, readable := j.seen(t), j.readable(t)
	c := comparison{seen: seen, want: overlay(t.decl.Message, seen, t.decl.IgnoreFields, t.decl.IgnoreLeaves)}
	c.diff = differs(c.want, seen, t.decl.OrderedProperties, t.decl.CompareBytes)
	c.respelled = !bytes.Equal(c.want.Payload, seen.Payload)
	if t.rec != nil {
		hidden := t.rec.Redaction.Covers() &^ readable // seen holds placeholders there
		if hidden != 0 {
			d, leaves := j.fromRecord(t.decl, t.rec, c.want)
			c.diff, c.leaves = c.diff&^hidden|d&hidden, leaves
			if hidden.Has(mqtt.FieldPayload) {
				raw, _ := t.rec.Sealed.Diff(c.want, j.key)
				c.respelled = raw.Has(mqtt.FieldPayload) && len(ignoredSecrets(t.decl, t.rec)) == 0
			}
		}
	}
	if j.refreshed {
		c.leaves = secretLeaves(t.redaction(), seen.Payload, c.want.Payload)
	}
	c.diff &^= t.decl.IgnoreFields
	return c
}

// reasons returns why a message that is live is published again, or nil if it is not.
func (j *judge) reasons(t *topic, c comparison) []Reason {
	var why []Reason
	add := func(holds bool, r Reason) {
		if holds {
			why = append(why, r)
		}
	}
	switch {
	case t.backup != nil:
		add(c.diff != 0, Restored)
	case c.diff == 0:
		add(j.mustRenew(t), Expiring)
		add(t.republish, Republish)
	case t.rec == nil:
		add(true, Unmanaged)
	default:
		config, drift := j.causes(t)
		add(config || !drift, Config)
		add(drift, Drift)
	}
	return why
}

// causes reports whether the configuration differs from the record, and whether the live
// message does. What the declaration ignores does not count.
func (j *judge) causes(t *topic) (config, drift bool) {
	d := t.decl
	then := overlay(d.Message, t.rec.Message, d.IgnoreFields, d.IgnoreLeaves)
	fields, _ := j.fromRecord(d, t.rec, then)
	config = fields&^d.IgnoreFields != 0
	if j.refreshed {
		live := overlay(j.seen(t), t.rec.Message, d.IgnoreFields, d.IgnoreLeaves)
		fields, _ = j.fromRecord(d, t.rec, live)
		drift = fields&t.broker.Readable&^d.IgnoreFields != 0
	}
	return config, drift
}

// fromRecord returns the fields and the redacted leaves in which a message differs from
// the record. A record does not hold the spelling of a payload that is hidden as a whole,
// so every byte of it counts. Nor does it hold a secret that others wrote where
// ignore_changes allows it, so that does not count.
func (j *judge) fromRecord(d *spec.Message, r *state.Record, m mqtt.Message) (mqtt.Fields, []string) {
	m = canonical(m, d.OrderedProperties)
	diff, leaves := r.Sealed.Diff(m, j.key)
	leaves = slices.DeleteFunc(leaves, func(leaf string) bool { return overlapsAny(leaf, d.IgnoreLeaves) })
	unknown := ignoredSecrets(d, r)
	switch whole := r.Message.Redacted().Has(mqtt.FieldPayload); {
	case !diff.Has(mqtt.FieldPayload) || len(leaves) > 0:
	case whole && len(unknown) > 0:
		diff &^= mqtt.FieldPayload
	case !whole && (!d.CompareBytes || len(unknown) > 0):
		hide := mqtt.Redaction{Leaves: unknown}
		if payload.Equal(hide.Apply(r.Redaction.Apply(m)).Payload, hide.Apply(r.Message).Payload) {
			diff &^= mqtt.FieldPayload
		}
	}
	if diff.Has(mqtt.FieldUserProperties) && !d.OrderedProperties &&
		!r.Redaction.Fields.Has(mqtt.FieldUserProperties) && sameProperties(m, r.Message) {
		diff &^= mqtt.FieldUserProperties
	}
	return diff, leaves
}

// unknown reports whether a message cannot be published without reading the live one:
// ignore_changes keeps a part of it, and the record hides that part.
func (j *judge) unknown(t *topic) bool {
	ignored := t.decl.IgnoreFields & t.rec.Redaction.Covers()
	return !j.refreshed && (ignored != 0 || len(ignoredSecrets(t.decl, t.rec)) > 0)
}

// widenRedaction returns the declaration of a topic, with a wider redaction if a part that
// ignore_changes keeps contains one of its secrets: without it, the secret would be shown
// and recorded in plain text.
func (j *judge) widenRedaction(t *topic) *spec.Message {
	d := *t.decl
	if !j.refreshed || d.Redaction.None() || d.IgnoreFields == 0 && len(d.IgnoreLeaves) == 0 {
		return t.decl
	}
	sent := overlay(d.Message, j.seen(t), d.IgnoreFields, d.IgnoreLeaves)
	d.Redaction = d.Redaction.Spread(sent, d.Message)
	return &d
}
