package mqtt

import (
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt/payload"
)

// RedactedText replaces every sensitive value.
const RedactedText = "(sensitive value)"

// Redaction says which parts of a message are sensitive: whole fields, and leaves of a JSON
// payload. The state records it, so that the live message stays redacted after its
// declaration is gone.
type Redaction struct {
	Fields Fields
	Leaves []string // RFC 6901 pointers into the payload; sorted
}

// None reports whether nothing is sensitive.
func (r Redaction) None() bool { return r.Fields == 0 && len(r.Leaves) == 0 }

// Covers returns the fields of which r hides at least a part.
func (r Redaction) Covers() Fields {
	if len(r.Leaves) > 0 {
		return r.Fields | FieldPayload
	}
	return r.Fields
}

// Union returns a redaction that hides what either hides. Live messages are shown with the
// union of the recorded and the declared redaction.
func (r Redaction) Union(o Redaction) Redaction {
	return Redaction{Fields: r.Fields | o.Fields, Leaves: Outermost(append(slices.Clone(r.Leaves), o.Leaves...))}
}

// Outermost sorts pointers, and drops duplicates and pointers into the value of another one.
// It changes its argument. A value that is hidden as a whole must stay so, because a name
// within it may be the secret.
func Outermost(pointers []string) []string {
	all := map[string]bool{}
	for _, p := range pointers {
		all[p] = true
	}
	within := func(p string) bool {
		for i := strings.LastIndexByte(p, '/'); i >= 0; i = strings.LastIndexByte(p[:i], '/') {
			if all[p[:i]] {
				return true
			}
		}
		return false
	}
	slices.Sort(pointers)
	return slices.DeleteFunc(slices.Compact(pointers), within)
}

// Apply returns m with every sensitive part replaced by RedactedText. If leaves are sensitive
// and the payload is not a JSON document, as a live one may not be, the whole payload is
// replaced. Numeric fields (QoS, payload format, expiry) are never sensitive. The names and
// the number of user properties are hidden too, because a name may be the sensitive part.
func (r Redaction) Apply(m Message) Message {
	m.Payload = r.payload(m.Payload)
	if hidden := r.Fields & Hideable &^ FieldPayload; hidden != 0 {
		return hide(m, hidden)
	}
	return m
}

// hide returns m with those of the given fields replaced that are set.
func hide(m Message, fields Fields) Message {
	for row := range fields.Rows() {
		switch at := row.At(&m).(type) {
		case *string:
			if *at != "" {
				*at = RedactedText
			}
		case *[]byte:
			if len(*at) > 0 {
				*at = []byte(RedactedText)
			}
		case *[]UserProperty:
			if len(*at) > 0 {
				*at = []UserProperty{{RedactedText, RedactedText}}
			}
		}
	}
	return m
}

// Redacted returns the fields of m that consist of RedactedText: those hidden as a whole.
func (m *Message) Redacted() Fields {
	var found Fields
	for row := range Hideable.Rows() {
		hidden := false
		switch at := row.At(m).(type) {
		case *string:
			hidden = *at == RedactedText
		case *[]byte:
			hidden = string(*at) == RedactedText
		case *[]UserProperty:
			hidden = slices.ContainsFunc(*at, func(p UserProperty) bool { return p.Value == RedactedText })
		}
		if hidden {
			found |= row.Bit
		}
	}
	return found
}

// payload returns a payload with its sensitive parts replaced.
func (r Redaction) payload(p []byte) []byte {
	if len(p) == 0 || !r.Covers().Has(FieldPayload) {
		return p
	}
	doc, ok := payload.Parse(p)
	if r.Fields.Has(FieldPayload) || !ok || slices.Contains(r.Leaves, "") {
		return []byte(RedactedText)
	}
	return doc.Replace(r.Leaves, `"`+RedactedText+`"`).Bytes()
}
