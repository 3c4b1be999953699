package plan

import (
	"maps"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// shown returns a redacted copy of a message.
func shown(m mqtt.Message, hide mqtt.Redaction) *mqtt.Message {
	m = hide.Apply(m)
	return &m
}

// redactForeign returns the redaction of a message that somebody else wrote. If the
// declaration has the recorded secrets, they can be looked for in it. If not, everything
// that is not known to be public is hidden.
func redactForeign(
	m mqtt.Message, hide mqtt.Redaction, declared *mqtt.Message, r *state.Record, key []byte,
) mqtt.Redaction {
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

// sameSecrets reports whether a message has the secrets of a record. A payload with hidden
// leaves is compared by those leaves.
func sameSecrets(r *state.Record, m mqtt.Message, key []byte) bool {
	fields, leaves := r.Sealed.Diff(canonical(m, r.OrderedProperties), key)
	return fields&r.Redaction.Fields == 0 && len(leaves) == 0
}

// cover returns a record under a wider redaction, because plans hold it: what was public
// when it was recorded may be declared sensitive now. Its new digests do not cover what is
// ignored.
func cover(r *state.Record, hide mqtt.Redaction, ignored mqtt.Ignored, key []byte) *state.Record {
	if r == nil {
		return nil
	}
	hide = hide.Union(r.Redaction)
	if hide.Fields == r.Redaction.Fields && len(hide.Leaves) == len(r.Redaction.Leaves) {
		return r
	}
	covered := *r
	if !r.Redaction.None() { // the recorded digests do not cover what was ignored then
		ignored = mqtt.Ignored{Fields: ignored.Fields & r.Ignored.Fields, Leaves: r.Ignored.Leaves}
	}
	sealed := state.SealIgnoring(r.Message, hide, ignored, key)
	covered.Sealed = sealed
	if !r.Redaction.None() { // digests of placeholders are meaningless, so keep the recorded ones
		covered.Digest = r.Digest
		covered.Secrets = map[string]string{}
		maps.Copy(covered.Secrets, sealed.Secrets)
		maps.Copy(covered.Secrets, r.Secrets)
	}
	return &covered
}
