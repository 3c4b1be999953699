package state

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/payload"
)

// Seal returns what may be stored of a message. Without a key (before the first state) the digest
// of a sensitive message covers its redacted form only: a plain digest of all of it would let
// anybody test guesses.
func Seal(m mqtt.Message, r mqtt.Redaction, key []byte) Sealed {
	return SealIgnoring(m, r, mqtt.Ignored{}, key)
}

// SealIgnoring is Seal for a message with parts that somebody else may change.
func SealIgnoring(m mqtt.Message, r mqtt.Redaction, ignored mqtt.Ignored, key []byte) Sealed {
	s := Sealed{Message: r.Apply(m), Redaction: r, Ignored: ignored}
	switch {
	case r.None():
		s.Digest = m.Digest(nil)
	case key == nil:
		s.Digest = s.Message.Digest(nil)
	default:
		s.Digest = m.Digest(key)
		s.Secrets = secrets(ignored.Strip(m), r, key)
	}
	return s
}

// Diff returns in which fields a raw message, live or declared, differs from the sealed one, and
// which of the redacted leaves do. A payload with redacted leaves is compared as a whole by its
// digest: if it differs although no leaf does, the redacted documents show the difference. What was
// sealed without a key is compared in its redacted form. Hidden parts that are ignored do not differ.
func (s Sealed) Diff(m mqtt.Message, key []byte) (fields mqtt.Fields, leaves []string) {
	hidden := s.Redaction.Covers() & mqtt.Hideable
	fields = s.Message.Diff(m) &^ hidden
	if s.Secrets == nil || key == nil {
		return fields | s.Message.Diff(s.Redaction.Apply(m))&hidden, nil
	}
	now := secrets(s.Ignored.Strip(m), s.Redaction, key)
	for row := range hidden.Rows() {
		if s.Secrets[row.Name] != now[row.Name] {
			fields |= row.Bit
		}
	}
	for _, leaf := range s.Redaction.Leaves {
		if s.Secrets[leaf] != now[leaf] {
			leaves = append(leaves, leaf)
		}
	}
	return fields, leaves
}

// secrets returns the keyed digest of every field that r hides at least in part, by its name, and
// of every hidden leaf that m has, by its pointer.
func secrets(m mqtt.Message, r mqtt.Redaction, key []byte) map[string]string {
	found := map[string]string{}
	for row := range (r.Covers() & mqtt.Hideable).Rows() {
		alone := mqtt.Message{}.With(m, row.Bit)
		found[row.Name] = keyedDigest(key, row.Name, alone.Digest(nil))
	}
	if len(r.Leaves) == 0 {
		return found
	}
	doc, ok := payload.Parse(m.Payload)
	if !ok {
		return found
	}
	for _, leaf := range r.Leaves {
		if value, there := doc.Get(leaf); there {
			found[leaf] = keyedDigest(key, leaf, value)
		}
	}
	return found
}

// keyedDigest includes the name, so that equal secrets in two places do not look equal.
func keyedDigest(key []byte, name, value string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(strconv.Itoa(len(name)) + ":" + name + value))
	return hex.EncodeToString(h.Sum(nil))
}
