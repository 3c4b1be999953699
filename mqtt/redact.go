package mqtt

import (
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt/payload"
)

// RedactedText stands wherever a sensitive value would.
const RedactedText = "(sensitive value)"

// Redaction says which parts of a message are sensitive: whole fields, and
// leaves of a JSON payload by their RFC 6901 pointers. It is recorded, so that it
// holds for the live message of a declaration that is gone.
type Redaction struct {
	Fields Fields
	Leaves []string // of the payload; sorted
}

// None tells whether nothing is sensitive.
func (r Redaction) None() bool { return r.Fields == 0 && len(r.Leaves) == 0 }

// Covers gives the fields of which r hides at least a part.
func (r Redaction) Covers() Fields {
	if len(r.Leaves) > 0 {
		return r.Fields | FieldPayload
	}
	return r.Fields
}

// Union hides what either hides: a live message is shown under both the recorded
// redaction and the declared one.
func (r Redaction) Union(o Redaction) Redaction {
	return Redaction{Fields: r.Fields | o.Fields, Leaves: Outermost(append(slices.Clone(r.Leaves), o.Leaves...))}
}

// Outermost sorts pointers and drops those into the value of another, each once: what
// is hidden whole may have its secret in a name.
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

// Apply gives m with every sensitive part replaced by RedactedText. A payload
// with sensitive leaves that is no JSON document is hidden whole: the live
// payload may be anything. Fields that are no text (QoS, payload format, expiry)
// are never sensitive. Of user properties the names and their number are hidden
// too, since a name may be what is sensitive.
func (r Redaction) Apply(m Message) Message {
	m.Payload = r.payload(m.Payload)
	if hidden := r.Fields & Hideable &^ FieldPayload; hidden != 0 {
		return hide(m, hidden)
	}
	return m
}

// hide returns m with the given fields replaced, if they are set.
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

// Redacted returns the fields of which m shows that they are hidden as a whole.
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
