package plan

import (
	"bytes"
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/payload"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// comparison is a declared message beside what stands at its topic.
type comparison struct {
	want   mqtt.Message // the declaration, with the live value of what it ignores
	seen   mqtt.Message // what stands, with what cannot be read back from the record
	diff   mqtt.Fields  // the differences that count
	leaves []string     // the redacted leaves that differ

	respelled bool // the payload differs in its bytes at least
}

// cosmetic tells whether only the spelling of the payload differs.
func (c comparison) cosmetic() bool { return c.diff == 0 && c.respelled }

// compare holds a declaration against the live message where the broker shows
// it, and against the record where it does not: without a refresh, all of it.
func (p *planner) compare(t *topic) comparison {
	seen, readable := p.seen(t), p.readable(t)
	c := comparison{seen: seen, want: overlay(t.decl.Message, seen, t.decl.IgnoreFields, t.decl.IgnoreLeaves)}
	c.diff = differs(c.want, seen, t.decl.OrderedProperties, t.decl.CompareBytes)
	c.respelled = !bytes.Equal(c.want.Payload, seen.Payload)
	if t.rec != nil {
		hidden := t.rec.Redaction.Covers() &^ readable // seen holds placeholders there
		if hidden != 0 {
			d, leaves := p.fromRecord(t.decl, t.rec, c.want)
			c.diff, c.leaves = c.diff&^hidden|d&hidden, leaves
			if hidden.Has(mqtt.FieldPayload) {
				raw, _ := t.rec.Sealed.Diff(c.want, p.key)
				c.respelled = raw.Has(mqtt.FieldPayload) && len(ignoredSecrets(t.decl, t.rec)) == 0
			}
		}
	}
	if p.in.Refreshed {
		c.leaves = secretLeaves(p.redaction(t), seen.Payload, c.want.Payload)
	}
	c.diff &^= t.decl.IgnoreFields
	return c
}

// readable are the fields that were read from the broker.
func (p *planner) readable(t *topic) mqtt.Fields {
	if !p.in.Refreshed {
		return 0
	}
	return t.broker.Readable
}

// seen is what stands at a topic. Of a message that nobody recorded, what cannot
// be read back is taken to be as declared.
func (p *planner) seen(t *topic) mqtt.Message {
	switch {
	case !p.in.Refreshed:
		return t.rec.Message
	case t.rec != nil:
		return t.broker.Sight(p.key).restore(t.live.Message, t.rec.Message)
	case t.decl != nil:
		return t.broker.Sight(p.key).restore(t.live.Message, t.decl.Message)
	}
	return t.live.Message
}

// causes tells whether the configuration moved away from the record, and whether
// the broker did. What the declaration ignores counts for neither.
func (p *planner) causes(t *topic) (config, drift bool) {
	d := t.decl
	then := overlay(d.Message, t.rec.Message, d.IgnoreFields, d.IgnoreLeaves)
	fields, _ := p.fromRecord(d, t.rec, then)
	config = fields&^d.IgnoreFields != 0
	if p.in.Refreshed {
		live := overlay(p.seen(t), t.rec.Message, d.IgnoreFields, d.IgnoreLeaves)
		fields, _ = p.fromRecord(d, t.rec, live)
		drift = fields&t.broker.Readable&^d.IgnoreFields != 0
	}
	return config, drift
}

// differs gives the fields in which two messages say something else.
func differs(a, b mqtt.Message, ordered, exact bool) mqtt.Fields {
	d := a.Diff(b)
	if d.Has(mqtt.FieldPayload) && !exact && payload.Equal(a.Payload, b.Payload) {
		d &^= mqtt.FieldPayload
	}
	if d.Has(mqtt.FieldUserProperties) && !ordered && sameProperties(a, b) {
		d &^= mqtt.FieldUserProperties
	}
	return d
}

func sameProperties(a, b mqtt.Message) bool {
	return slices.Equal(mqtt.SortUserProperties(a.UserProperties), mqtt.SortUserProperties(b.UserProperties))
}

// fromRecord gives the fields and the redacted leaves in which a message says
// something else than the record. The spelling of a payload that is hidden as a
// whole is not known from a record: there every byte counts. Neither is what others
// wrote where ignore_changes lets them: that counts for nothing.
func (p *planner) fromRecord(d *spec.Message, r *state.Record, m mqtt.Message) (mqtt.Fields, []string) {
	m = canonical(m, d.OrderedProperties)
	diff, leaves := r.Sealed.Diff(m, p.key)
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

// canonical gives user properties that are compared without order in one order,
// so that records and digests do not depend on it.
func canonical(m mqtt.Message, ordered bool) mqtt.Message {
	if !ordered && len(m.UserProperties) > 1 {
		m.UserProperties = mqtt.SortUserProperties(m.UserProperties)
	}
	return m
}

// overlay gives m with the ignored fields and leaves as they are in source: what
// ignore_changes leaves to others is sent along as they left it. A value that
// source has a placeholder for, or within, stays as it is in m.
func overlay(m, source mqtt.Message, fields mqtt.Fields, leaves []string) mqtt.Message {
	if hasPlaceholder(string(source.Payload)) {
		fields &^= mqtt.FieldPayload
	}
	if fields != 0 {
		from := source // only here, since its address makes it escape to the heap
		m = m.With(source, fields&^from.Redacted())
	}
	if len(leaves) == 0 || fields.Has(mqtt.FieldPayload) {
		return m
	}
	want, ok := payload.Parse(m.Payload)
	if !ok {
		return m
	}
	there, ok := payload.Parse(source.Payload)
	if !ok {
		return m
	}
	edited := false
	for _, leaf := range leaves {
		value, has := there.Get(leaf)
		if declared, _ := want.Get(leaf); has && value != declared && !hasPlaceholder(value) {
			want, edited = want.Set(leaf, value), true
		}
	}
	if edited { // else every byte stays as it was declared
		m.Payload = want.Bytes()
	}
	return m
}

func hasPlaceholder(json string) bool { return strings.Contains(json, `"`+mqtt.RedactedText+`"`) }

// ignoredSecrets gives the leaves that ignore_changes leaves to others and of which a
// record hides at least a part: it does not tell what they are.
func ignoredSecrets(d *spec.Message, r *state.Record) []string {
	if r.Redaction.Fields.Has(mqtt.FieldPayload) {
		return d.IgnoreLeaves
	}
	return slices.DeleteFunc(slices.Clone(d.IgnoreLeaves), func(leaf string) bool { return !overlapsAny(leaf, r.Redaction.Leaves) })
}

// overlapsAny tells whether a place in a document is, holds or lies within one of others.
func overlapsAny(place string, others []string) bool {
	return slices.ContainsFunc(others, func(other string) bool {
		return place == other || strings.HasPrefix(place, other+"/") || strings.HasPrefix(other, place+"/")
	})
}

// unknown tells whether a message cannot be published without a look at the live one:
// something of it is to be sent along, and the record hides what.
func (p *planner) unknown(t *topic) bool {
	ignored := t.decl.IgnoreFields & t.rec.Redaction.Covers()
	return !p.in.Refreshed && (ignored != 0 || len(ignoredSecrets(t.decl, t.rec)) > 0)
}

// conceal hides more of a declaration where what ignore_changes sends along as others
// left it holds one of its secrets: that would be shown, and recorded in the clear.
func (p *planner) conceal(t *topic) {
	d := *t.decl
	if !p.in.Refreshed || d.Redaction.None() || d.IgnoreFields == 0 && len(d.IgnoreLeaves) == 0 {
		return
	}
	sent := overlay(d.Message, p.seen(t), d.IgnoreFields, d.IgnoreLeaves)
	d.Redaction = d.Redaction.Spread(sent, d.Message)
	t.decl = &d
}

// secretLeaves gives the redacted leaves in which two documents differ.
func secretLeaves(r mqtt.Redaction, a, b []byte) []string {
	if len(r.Leaves) == 0 || bytes.Equal(a, b) {
		return nil
	}
	x, ok := payload.Parse(a)
	y, also := payload.Parse(b)
	if !ok || !also {
		return nil
	}
	var found []string
	for _, leaf := range r.Leaves {
		before, had := x.Get(leaf)
		after, has := y.Get(leaf)
		if had != has || before != after {
			found = append(found, leaf)
		}
	}
	return found
}
