package plan

import (
	"maps"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

func shown(m mqtt.Message, hide mqtt.Redaction) *mqtt.Message {
	m = hide.Apply(m)
	return &m
}

// foreign is what to hide of a message that somebody else wrote. What to look
// for in it is known only from a declaration with the recorded secrets.
func foreign(m mqtt.Message, hide mqtt.Redaction, declared *mqtt.Message, r *state.Record, key []byte) mqtt.Redaction {
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

// sameSecrets reports whether a message has what the record hides. A payload of which
// leaves are hidden is known by those.
func sameSecrets(r *state.Record, m mqtt.Message, key []byte) bool {
	fields, leaves := r.Sealed.Diff(canonical(m, r.OrderedProperties), key)
	return fields&r.Redaction.Fields == 0 && len(leaves) == 0
}

// cover returns a record with more of it redacted, since it is held in plans: what
// was no secret when it was recorded may be declared one now.
func cover(r *state.Record, hide mqtt.Redaction, key []byte) *state.Record {
	if r == nil {
		return nil
	}
	hide = hide.Union(r.Redaction)
	if hide.Fields == r.Redaction.Fields && len(hide.Leaves) == len(r.Redaction.Leaves) {
		return r
	}
	covered := *r
	sealed := state.Seal(r.Message, hide, key)
	covered.Sealed = sealed
	if !r.Redaction.None() { // digests of placeholders say nothing: keep the recorded ones
		covered.Digest = r.Digest
		covered.Secrets = map[string]string{}
		maps.Copy(covered.Secrets, sealed.Secrets)
		maps.Copy(covered.Secrets, r.Secrets)
	}
	return &covered
}
