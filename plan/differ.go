package plan

import (
	"bytes"
	"slices"
	"strings"
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

// overlay returns m with the given fields and leaves taken from source: what
// ignore_changes ignores is published as it is live. A value for which source has a
// placeholder, as a whole or in part, stays as it is in m.
func overlay(m, source mqtt.Message, fields mqtt.Fields, leaves []string) mqtt.Message {
	if hasPlaceholder(string(source.Payload)) {
		fields &^= mqtt.FieldPayload
	}
	if fields != 0 {
		from := source // copied only here, because taking its address moves it to the heap
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
	if edited { // if not, every byte stays as it was declared
		m.Payload = want.Bytes()
	}
	return m
}

func hasPlaceholder(json string) bool { return strings.Contains(json, `"`+mqtt.RedactedText+`"`) }

// ignoredSecrets returns the leaves that ignore_changes ignores and of which the record
// hides at least a part, so that their values are unknown.
func ignoredSecrets(d *spec.Message, r *state.Record) []string {
	if r.Redaction.Fields.Has(mqtt.FieldPayload) {
		return d.IgnoreLeaves
	}
	return slices.DeleteFunc(slices.Clone(d.IgnoreLeaves), func(leaf string) bool {
		return !overlapsAny(leaf, r.Redaction.Leaves)
	})
}

// overlapsAny reports whether a pointer equals, contains or is within one of others.
func overlapsAny(place string, others []string) bool {
	return slices.ContainsFunc(others, func(other string) bool {
		return place == other || strings.HasPrefix(place, other+"/") || strings.HasPrefix(other, place+"/")
	})
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
