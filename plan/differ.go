package plan

import (
	"bytes"
	"slices"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/payload"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// differs returns the fields in which two messages differ. Unless exact is set, payloads
// that are equal JSON documents count as equal; unless ordered is set, so do user
// properties in another order.
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

// canonical sorts user properties unless their order counts, so that records and digests
// do not depend on it.
func canonical(m mqtt.Message, ordered bool) mqtt.Message {
	if !ordered && len(m.UserProperties) > 1 {
		m.UserProperties = mqtt.SortUserProperties(m.UserProperties)
	}
	return m
}

// terms says what counts when messages are compared.
type terms struct {
	ordered bool // the order of user properties
	bytes   bool // the spelling of JSON
	ignored mqtt.Ignored
}

// declaredTerms returns how messages are compared by a declaration.
func declaredTerms(d *spec.Message) terms {
	exact := d.CompareBytes && len(d.IgnoreLeaves) == 0 // who writes those leaves writes the rest again
	return terms{ordered: d.OrderedProperties, bytes: exact, ignored: d.Ignored()}
}

// fromRecord returns the fields and the redacted leaves in which a message differs from a
// record. A record does not hold the spelling of a payload that is hidden as a whole, so
// every byte of it counts. Nor does it hold a secret that others wrote where ignore_changes
// allows it, so that does not count.
func fromRecord(r *state.Record, m mqtt.Message, how terms, key []byte) (mqtt.Fields, []string) {
	m = canonical(m, how.ordered)
	diff, leaves := r.Sealed.Diff(m, key)
	leaves = slices.DeleteFunc(leaves, how.ignored.Overlaps)
	unknown := hidesIgnored(r, how.ignored)
	switch whole := r.Message.Redacted().Has(mqtt.FieldPayload); {
	case !diff.Has(mqtt.FieldPayload) || len(leaves) > 0:
	case whole && coversIgnored(r, how.ignored):
		diff &^= mqtt.FieldPayload
	case !whole && (!how.bytes || unknown):
		shown, recorded := how.ignored.Strip(r.Redaction.Apply(m)), how.ignored.Strip(r.Message)
		if payload.Equal(shown.Payload, recorded.Payload) {
			diff &^= mqtt.FieldPayload
		}
	}
	if diff.Has(mqtt.FieldUserProperties) && !how.ordered &&
		!r.Redaction.Fields.Has(mqtt.FieldUserProperties) && sameProperties(m, r.Message) {
		diff &^= mqtt.FieldUserProperties
	}
	return diff &^ how.ignored.Fields, leaves
}

// hidesIgnored reports whether the record hides at least a part of an ignored leaf, so that
// its value is unknown.
func hidesIgnored(r *state.Record, ignored mqtt.Ignored) bool {
	if r.Redaction.Fields.Has(mqtt.FieldPayload) {
		return len(ignored.Leaves) > 0
	}
	return slices.ContainsFunc(r.Redaction.Leaves, ignored.Overlaps)
}

// secretLeaves returns the redacted leaves in which two documents differ.
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

// declared returns the fields of a message that are not zero.
func declared(m mqtt.Message) mqtt.Fields { return m.Diff(mqtt.Message{}) }

func seconds(n uint32) time.Duration { return time.Duration(n) * time.Second }

// expired reports whether the expiry of a recorded message is over.
func expired(r *state.Record, now time.Time) bool {
	return r.Expiry > 0 && remaining(r.UpdatedAt, r.Expiry, now) <= 0
}

func remaining(since time.Time, expiry uint32, now time.Time) time.Duration {
	return since.Add(time.Duration(expiry) * time.Second).Sub(now)
}
