package mqtt

import (
	"slices"
	"strings"

	"github.com/retainctl/retainctl/mqtt/payload"
)

// shortestSecret is the minimum length of a sensitive value that is searched for in other
// places. A shorter one occurs everywhere, and hiding it there would reveal it.
const shortestSecret = 4

// Spread returns r for a message that somebody else may have written, in which a secret may be
// in another place. It hides the places that r hides, the places that may correspond to them
// in a document of another shape (payload.Spread), and every value that contains a secret.
// known are the messages that r was made for: what is public in one of them is public in m
// too, and their secrets are searched for, unless they are redacted.
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

// AllBut is like Spread, for secrets that are not known because their declaration is gone or
// has different ones. It hides every value that is not public in one of the known messages,
// because it may contain a secret.
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

// docs returns the redacted payloads of messages, without those that are not documents.
func docs(r Redaction, messages []Message) (found []payload.Doc) {
	for _, m := range messages {
		if d, ok := payload.Parse(r.Apply(m).Payload); ok {
			found = append(found, d)
		}
	}
	return found
}

// public reports whether one of the documents has the value at the place.
func public(in []payload.Doc, place, value string) bool {
	return slices.ContainsFunc(in, func(d payload.Doc) bool {
		other, there := d.Get(place)
		return there && other == value
	})
}

// spread returns the places of a live payload that are to be hidden.
func (r Redaction) spread(live []byte, known []payload.Doc, secrets []string) []string {
	doc, ok := payload.Parse(live)
	if !ok {
		return slices.Clone(r.Leaves) // Apply hides what is not a document as a whole
	}
	places := doc.Spread(r.Leaves, known)
	for _, place := range doc.Holding(secrets) {
		if value, _ := doc.Get(place); !public(known, place, value) {
			places = append(places, place)
		}
	}
	return places
}

// secrets returns the values at the redacted places of a message. It does not return names,
// because a name such as "site" occurs everywhere.
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

// texts returns the text values of a field: for a document, each value in it.
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
