package mqtt

import (
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt/payload"
)

// Ignored is what ignore_changes leaves to somebody else: whole fields, and paths of a JSON
// payload. The state records it, so that it holds after the declaration is gone.
type Ignored struct {
	Fields Fields   `json:",omitempty"`
	Leaves []string `json:",omitempty"` // RFC 6901 pointers in which the step "*" is any one step; sorted
}

// None reports whether every part of a message counts.
func (i Ignored) None() bool { return i.Fields == 0 && len(i.Leaves) == 0 }

// inPayload reports whether parts of a payload are ignored, and not all of it.
func (i Ignored) inPayload() bool { return len(i.Leaves) > 0 && !i.Fields.Has(FieldPayload) }

// Equal reports whether two messages leave the same to somebody else.
func (i Ignored) Equal(o Ignored) bool {
	return i.Fields == o.Fields && slices.Equal(i.Leaves, o.Leaves)
}

// Overlaps reports whether an ignored path leads to a pointer, into its value, or around it.
func (i Ignored) Overlaps(pointer string) bool { return payload.NewPaths(i.Leaves).Overlaps(pointer) }

// Covers reports whether an ignored path leads to a pointer or around it.
func (i Ignored) Covers(pointer string) bool { return payload.NewPaths(i.Leaves).Covers(pointer) }

// Strip returns what counts of a message, to compare it with another one that was stripped.
// If parts of its payload are ignored, the rest is in a form that does not depend on its
// spelling, because whoever writes the ignored parts writes the rest again.
func (i Ignored) Strip(m Message) Message {
	if i.Fields != 0 {
		m = m.With(Message{}, i.Fields)
	}
	if !i.inPayload() {
		return m
	}
	if doc, ok := payload.Parse(m.Payload); ok {
		m.Payload = doc.Without(payload.NewPaths(i.Leaves)).Canonical()
	}
	return m
}

// Carry returns m with what is ignored as source has it; what is absent there is left out. A
// value for which source has a placeholder, as a whole or in part, stays as it is in m. If
// nothing changes, every byte stays as it is. ok is false if the payload of source has no place
// for the ignored paths, because it is not a document as that of m is: then that of m stays.
func (i Ignored) Carry(m, source Message) (carried Message, ok bool) {
	fields := i.Fields
	if hasPlaceholder(string(source.Payload)) {
		fields &^= FieldPayload
	}
	if fields != 0 {
		from := source // copied only here, because taking its address moves it to the heap
		m = m.With(source, fields&^from.Redacted())
	}
	if !i.inPayload() {
		return m, true
	}
	want, declared := payload.Parse(m.Payload)
	there, live := payload.Parse(source.Payload)
	if !declared || !live {
		return m, false
	}
	grafted, ok := want.Graft(there, payload.NewPaths(i.Leaves), hasPlaceholder)
	if sent := grafted.Bytes(); string(sent) != string(want.Bytes()) {
		m.Payload = sent
	}
	return m, ok
}

func hasPlaceholder(json string) bool { return strings.Contains(json, `"`+RedactedText+`"`) }
