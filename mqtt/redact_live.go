package mqtt

import (
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt/payload"
)

// shortestSecret is the length from which a sensitive value is looked for in other
// places too: a shorter one is found everywhere, and hiding it there would tell it.
const shortestSecret = 4

// Spread gives r for a message that others may have written, so that what is
// sensitive need not stand where r has it. It hides the redacted places, those that
// they may have become in a document of another shape (payload.Spread), and every value
// that holds a sensitive one. The known messages are those that r was made for: what is
// public in one of them is public here too, and what is sensitive in one of them is
// looked for, unless it stands there redacted.
func (r Redaction) Spread(m Message, known ...Message) Redaction {
	if r.None() {
		return r
	}
	var secrets []string
	for _, k := range append(slices.Clone(known), m) {
		secrets = append(secrets, r.secrets(k)...)
	}
	secrets = slices.DeleteFunc(secrets, func(s string) bool { return len(s) < shortestSecret || s == RedactedText })
	holds := func(s string) bool {
		return slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(s, secret) })
	}
	for row := range Hideable.Rows() {
		if _, isDoc := payload.Parse(m.Payload); row.Bit == FieldPayload && isDoc {
			continue
		}
		same := func(k Message) bool { return m.Diff(r.Apply(k))&row.Bit == 0 }
		if !slices.ContainsFunc(known, same) && slices.ContainsFunc(texts(m, row), holds) {
			r.Fields |= row.Bit
		}
	}
	r.Leaves = Outermost(r.spread(m.Payload, docs(r, known), secrets))
	return r
}

// AllBut is Spread where the secrets are not known, because their declaration is gone or
// has others: what is not public in one of the known messages may hold one, and is hidden.
func (r Redaction) AllBut(m Message, known ...Message) Redaction {
	if r.None() {
		return r
	}
	same := func(f Fields) bool {
		return slices.ContainsFunc(known, func(k Message) bool { return m.Diff(r.Apply(k))&f == 0 })
	}
	doc, isDoc := payload.Parse(m.Payload)
	for row := range Hideable.Rows() {
		if !same(row.Bit) && (row.Bit != FieldPayload || !isDoc) {
			r.Fields |= row.Bit
		}
	}
	if isDoc {
		places := slices.Clone(r.Leaves)
		for _, leaf := range doc.Leaves() {
			if !public(docs(r, known), leaf.Pointer, leaf.After) {
				places = append(places, leaf.Pointer)
			}
		}
		r.Leaves = Outermost(places)
	}
	return r
}

// docs gives the payloads of messages that are documents, as r shows them.
func docs(r Redaction, messages []Message) (found []payload.Doc) {
	for _, m := range messages {
		if d, ok := payload.Parse(r.Apply(m).Payload); ok {
			found = append(found, d)
		}
	}
	return found
}

// public tells whether one of the documents has the value at the place.
func public(in []payload.Doc, place, value string) bool {
	return slices.ContainsFunc(in, func(d payload.Doc) bool {
		other, there := d.Get(place)
		return there && other == value
	})
}

// spread gives the places of a live payload that are to be hidden.
func (r Redaction) spread(live []byte, known []payload.Doc, secrets []string) []string {
	doc, ok := payload.Parse(live)
	if !ok {
		return slices.Clone(r.Leaves) // of no document: Apply hides it whole
	}
	places := doc.Spread(r.Leaves, known)
	for _, place := range doc.Holding(secrets) {
		if value, _ := doc.Get(place); !public(known, place, value) {
			places = append(places, place)
		}
	}
	return places
}

// secrets gives what stands in the redacted places of a message. Names are not looked
// for: "site" is everywhere.
func (r Redaction) secrets(m Message) (found []string) {
	for row := range (r.Fields & Hideable).Rows() {
		found = append(found, texts(m, row)...)
	}
	if doc, ok := payload.Parse(m.Payload); ok {
		for _, leaf := range r.Leaves {
			found = append(found, doc.Texts(leaf)...)
		}
	}
	return found
}

// texts returns the values that a field consists of: of a document, each of its own.
func texts(m Message, f *Field) (values []string) {
	switch at := f.At(&m).(type) {
	case *string:
		return []string{*at}
	case *[]UserProperty:
		for _, p := range *at {
			values = append(values, p.Value)
		}
		return values
	case *[]byte:
		if doc, ok := payload.Parse(*at); ok && f.Bit == FieldPayload {
			return doc.Texts("")
		}
		return []string{string(*at)}
	}
	return nil
}
