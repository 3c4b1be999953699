package mqtt

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// Digest is a SHA-256 over every field of m but its topic, in hexadecimal. With
// a key it is an HMAC, so that nobody without the key can test guesses of a
// sensitive value against it.
func (m Message) Digest(key []byte) string {
	h := newHash(key)
	writeBytes(h, m.Payload)
	h.Write([]byte{byte(m.QoS), byte(m.PayloadFormat)})
	writeBytes(h, []byte(m.ContentType))
	writeBytes(h, []byte(m.ResponseTopic))
	writeBytes(h, m.CorrelationData)
	writeLength(h, len(m.UserProperties))
	for _, p := range m.UserProperties {
		writeBytes(h, []byte(p.Name))
		writeBytes(h, []byte(p.Value))
	}
	writeLength(h, int(m.Expiry))
	return hex.EncodeToString(h.Sum(nil))
}

func newHash(key []byte) hash.Hash {
	if key == nil {
		return sha256.New()
	}
	return hmac.New(sha256.New, key)
}

// writeBytes writes the length first, so that no two messages share an encoding.
func writeBytes(h hash.Hash, b []byte) {
	writeLength(h, len(b))
	h.Write(b)
}

func writeLength(h hash.Hash, n int) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(n))
	h.Write(size[:])
}
