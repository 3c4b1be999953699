package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"go.etcd.io/bbolt"

	"github.com/retainctl/retainctl/mqtt"
)

// Entry is a stored message. Its Expiry is what remained when it was read, in seconds
// (MQTT-3.3.2-6).
type Entry struct {
	mqtt.Message
	Modified time.Time // in milliseconds
	Expires  time.Time // zero: never
}

// longTopic is the length in bytes from which a topic's key is abbreviated: bbolt's keys have at
// most 32,768 bytes, half of what a topic may have.
const longTopic = 32_000

// key returns the key of a topic: the topic itself, or its start and a digest. No short topic can
// be the key of a long one, because it is shorter.
func key(topic string) []byte {
	if len(topic) <= longTopic {
		return []byte(topic)
	}
	sum := sha256.Sum256([]byte(topic))
	return append([]byte(topic[:longTopic]), sum[:]...)
}

// expiryKey returns a key that sorts by time, then by topic.
func expiryKey(at int64, key []byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(at)), key...)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrDamaged is the error of a single record that cannot be read, in a file that can.
var ErrDamaged = errors.New("the record is damaged; publish that topic again, or delete it")

// encode returns the record of m: a checksum, then times in milliseconds, then every field with its
// length. bbolt itself has no checksums for what it stores.
func encode(m mqtt.Message, modified, expires int64) []byte {
	b := make([]byte, 4, 64+len(m.Topic)+len(m.Payload))
	b = binary.BigEndian.AppendUint64(b, uint64(modified))
	b = binary.BigEndian.AppendUint64(b, uint64(expires))
	b = append(b, byte(m.QoS), byte(m.PayloadFormat))
	b = appendBytes(b, m.Topic)
	b = appendBytes(b, m.Payload)
	b = appendBytes(b, m.ContentType)
	b = appendBytes(b, m.ResponseTopic)
	b = appendBytes(b, m.CorrelationData)
	b = binary.AppendUvarint(b, uint64(len(m.UserProperties)))
	for _, p := range m.UserProperties {
		b = appendBytes(b, p.Name)
		b = appendBytes(b, p.Value)
	}
	binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	return b
}

func appendBytes[T string | []byte](b []byte, v T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

// decode reads a record. It copies, because b is bbolt's memory.
func decode(b []byte) (Entry, error) {
	if len(b) < 22 || binary.BigEndian.Uint32(b) != crc32.Checksum(b[4:], castagnoli) {
		return Entry{}, ErrDamaged
	}
	r := reader{rest: b[22:]}
	e := Entry{Modified: time.UnixMilli(int64(binary.BigEndian.Uint64(b[4:])))}
	if at := int64(binary.BigEndian.Uint64(b[12:])); at != 0 {
		e.Expires = time.UnixMilli(at)
	}
	e.QoS, e.PayloadFormat = mqtt.QoS(b[20]), mqtt.PayloadFormat(b[21])
	e.Topic = string(r.bytes())
	e.Payload = append([]byte(nil), r.bytes()...)
	e.ContentType = string(r.bytes())
	e.ResponseTopic = string(r.bytes())
	e.CorrelationData = append([]byte(nil), r.bytes()...)
	for n := r.uvarint(); n > 0 && !r.short; n-- {
		e.UserProperties = append(e.UserProperties, mqtt.UserProperty{Name: string(r.bytes()), Value: string(r.bytes())})
	}
	if r.short || len(r.rest) > 0 {
		return Entry{}, ErrDamaged
	}
	return e, nil
}

// checkRecords checks that the buckets by topic and by expiry agree. A record that is damaged
// itself is reported to whoever reads it.
func checkRecords(tx *bbolt.Tx) error {
	n, expiry := int64(0), tx.Bucket(expiryBucket)
	c := tx.Bucket(messageBucket).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		n++
		e, err := decode(v)
		switch {
		case err != nil:
		case !bytes.Equal(k, key(e.Topic)):
			return errors.New("it is damaged: a message is stored in the place of another; restore a copy")
		case !e.Expires.IsZero() && expiry.Get(expiryKey(e.Expires.UnixMilli(), k)) == nil:
			return errors.New("it is damaged: the end of a message is lost; restore a copy")
		}
	}
	if stored := count(tx.Bucket(metaBucket)); stored != n {
		return fmt.Errorf("it is damaged: it holds %d messages and says that it holds %d; restore a copy", n, stored)
	}
	return nil
}

// expired reports whether e must not be served any more (MQTT-3.3.2-5).
func (e Entry) expired(now time.Time) bool { return !e.Expires.IsZero() && !now.Before(e.Expires) }

// at returns e as it is at now. A started second counts in full, so that a served message with an
// expiry never has the expiry 0.
func (e Entry) at(now time.Time) Entry {
	if !e.Expires.IsZero() {
		e.Expiry = uint32((e.Expires.Sub(now) + time.Second - 1) / time.Second)
	}
	return e
}

// reader consumes the fields of a record. short is set if one is cut off.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.short = true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.short = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}
