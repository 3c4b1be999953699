package state

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
)

// digestKeyBytes is the length of a state's digest key.
const digestKeyBytes = 32

// NewSnapshot returns the first snapshot of a state, with a new lineage and digest key.
func NewSnapshot() (*Snapshot, error) {
	key := make([]byte, digestKeyBytes)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make digest key: %w", err)
	}
	lineage, err := newUUID()
	if err != nil {
		return nil, fmt.Errorf("make lineage: %w", err)
	}
	s := &Snapshot{Lineage: lineage, DigestKey: key}
	return s.Clone(), nil
}

// Clone returns a copy with maps that are its own and never nil. Records are shared: they are
// replaced, never changed in place.
func (s *Snapshot) Clone() *Snapshot {
	c := *s
	c.DigestKey = slices.Clone(s.DigestKey)
	c.Brokers = clone(s.Brokers)
	c.Records = clone(s.Records)
	c.Pending = clone(s.Pending)
	return &c
}

func clone[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return maps.Clone(m)
}

// Hides reports whether a part of the message that is recorded or pending at a topic is
// sensitive.
func (s *Snapshot) Hides(key Key) bool {
	pending := s.Pending[key].After
	return !s.Records[key].Redaction.None() || pending != nil && !pending.Redaction.None()
}

// CompareKeys compares keys by broker, then by topic: the order of the document.
func CompareKeys(a, b Key) int {
	if a.Broker != b.Broker {
		return cmp.Compare(a.Broker, b.Broker)
	}
	return cmp.Compare(a.Topic, b.Topic)
}

// newUUID returns a random UUID (RFC 9562, version 4).
func newUUID() (string, error) {
	var u [16]byte
	if _, err := rand.Read(u[:]); err != nil {
		return "", err
	}
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:]), nil
}
