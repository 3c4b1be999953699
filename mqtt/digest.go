package mqtt

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Digest returns a SHA-256 over every field of m but its topic, as 64 hexadecimal digits.
// With a key it is an HMAC, so that nobody without the key can test guesses of a sensitive
// value against it. A nil key means no key.
//
// Records and tokens hold digests, so the encoding of the existing fields never changes. A
// field that a later version adds must be hashed only if it is set.
func (m Message) Digest(key []byte) string {
	encoded := make([]byte, 0, 128+m.Size())
	for row := range AllFields.Rows() {
		encoded = appendValue(encoded, row.At(&m))
	}
	if key == nil {
		sum := sha256.Sum256(encoded)
		return hex.EncodeToString(sum[:])
	}
	h := hmac.New(sha256.New, key)
	h.Write(encoded)
	return hex.EncodeToString(h.Sum(nil))
}

func appendValue(b []byte, at any) []byte {
	switch at := at.(type) {
	case *QoS:
		b = append(b, byte(*at))
	case *PayloadFormat:
		b = append(b, byte(*at))
	case *uint32:
		b = appendLength(b, int(*at))
	case *string:
		b = appendBytes(b, *at)
	case *[]byte:
		b = appendBytes(b, *at)
	case *[]UserProperty:
		b = appendLength(b, len(*at))
		for _, p := range *at {
			b = appendBytes(appendBytes(b, p.Name), p.Value)
		}
	}
	return b
}

// appendBytes appends the length and then v, so that no two messages have the same encoding.
func appendBytes[T string | []byte](b []byte, v T) []byte {
	return append(appendLength(b, len(v)), v...)
}

func appendLength(b []byte, n int) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)) }
