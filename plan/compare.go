package plan

import (
	"bytes"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// comparison is the result of comparing a declared message with the one at its topic.
type comparison struct {
	want   mqtt.Message // the declaration, with the live values of what it ignores
	seen   mqtt.Message // the live message; fields that cannot be read back are the record's
	diff   mqtt.Fields  // the differences that count
	leaves []string     // the redacted leaves that differ
	placed bool         // the live payload has a place for the ignored paths

	respelled bool // the bytes of the payload differ
}

// cosmetic reports whether only the spelling of the payload differs.
func (c comparison) cosmetic() bool { return c.diff == 0 && c.respelled }

// compare compares a declaration with the live message in the fields that the broker
// shows, and with the record in the others: without a refresh, in all of them.
func (j *judge) compare(t *topic) comparison {
	seen, readable, how := j.seen(t), j.readable(t), declaredTerms(t.decl)
	c := comparison{seen: seen}
	c.want, c.placed = how.ignored.Carry(t.decl.Message, seen)
	c.diff = differs(c.want, seen, how.ordered, how.bytes)
	c.respelled = !bytes.Equal(c.want.Payload, seen.Payload)
	if t.rec != nil {
		hidden := t.rec.Redaction.Covers() &^ readable // seen holds placeholders there
		if hidden != 0 {
			d, leaves := fromRecord(t.rec, c.want, how, j.key)
			c.diff, c.leaves = c.diff&^hidden|d&hidden, leaves
			if hidden.Has(mqtt.FieldPayload) {
				raw, _ := t.rec.Sealed.Diff(c.want, j.key)
				c.respelled = raw.Has(mqtt.FieldPayload) && !hidesIgnored(t.rec, how.ignored)
			}
		}
	}
	if j.refreshed {
		c.leaves = secretLeaves(t.redaction(), seen.Payload, c.want.Payload)
	}
	c.diff &^= how.ignored.Fields
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
	how := declaredTerms(t.decl)
	then, _ := how.ignored.Carry(t.decl.Message, t.rec.Message)
	fields, _ := fromRecord(t.rec, then, how, j.key)
	config = fields != 0
	if j.refreshed {
		live, _ := how.ignored.Carry(j.seen(t), t.rec.Message)
		fields, _ = fromRecord(t.rec, live, how, j.key)
		drift = fields&t.broker.Readable != 0
	}
	return config, drift
}

// unknown reports whether a message cannot be published without reading the live one:
// ignore_changes keeps a part of it, and the record hides that part.
func (j *judge) unknown(t *topic) bool {
	ignored := t.decl.Ignored()
	return !j.refreshed && (ignored.Fields&t.rec.Redaction.Covers() != 0 || hidesIgnored(t.rec, ignored))
}

// widenRedaction returns the declaration of a topic, with a wider redaction if a part that
// ignore_changes keeps contains one of its secrets: without it, the secret would be shown
// and recorded in plain text.
func (j *judge) widenRedaction(t *topic) *spec.Message {
	d := *t.decl
	if !j.refreshed || d.Redaction.None() || d.Ignored().None() {
		return t.decl
	}
	sent, _ := d.Ignored().Carry(d.Message, j.seen(t))
	d.Redaction = d.Redaction.Spread(sent, d.Message)
	return &d
}
