package store

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"github.com/retainctl/retainctl/mqtt"
)

// sweep is the most expired messages that one Put removes.
const sweep = 1000

// Put stores a batch in one transaction, all of it or nothing, and returns once it is on the disk.
// An empty payload deletes (MQTT-3.3.1-6). A transaction costs one fsync, so callers collect what
// they can.
func (s *Store) Put(batch []mqtt.Message) error {
	if s.db == nil || s.db.IsReadOnly() {
		return s.guard("write", func() error { return ErrReadOnly })
	}
	return s.guard("write", func() error {
		return s.db.Update(func(tx *bbolt.Tx) error {
			w := newWriter(tx, s.now())
			w.sweep()
			for _, m := range byTopic(batch) {
				w.put(m)
			}
			return w.end()
		})
	})
}

// byTopic sorts a batch by topic, and keeps the order of messages to the same topic. bbolt splits a
// page only at the commit, so inserts in random order take time in proportion to the square of
// their number: 100,000 took ten seconds.
func byTopic(batch []mqtt.Message) []mqtt.Message {
	sorted := slices.Clone(batch)
	slices.SortStableFunc(sorted, func(a, b mqtt.Message) int { return strings.Compare(a.Topic, b.Topic) })
	return sorted
}

// writer is the work of one transaction. The first error ends it.
type writer struct {
	meta, messages, expiry *bbolt.Bucket
	now                    time.Time
	count                  int64
	err                    error
}

func newWriter(tx *bbolt.Tx, now time.Time) *writer {
	w := &writer{
		meta: tx.Bucket(metaBucket), messages: tx.Bucket(messageBucket), expiry: tx.Bucket(expiryBucket),
		now: now,
	}
	w.count = count(w.meta)
	return w
}

func count(meta *bbolt.Bucket) int64 {
	b := meta.Get(countKey)
	if len(b) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}

func (w *writer) end() error {
	w.did(w.meta.Put(countKey, binary.BigEndian.AppendUint64(nil, uint64(w.count))))
	return w.err
}

func (w *writer) did(err error) { w.err = errors.Join(w.err, err) }

func (w *writer) put(m mqtt.Message) {
	if w.err != nil {
		return
	}
	k := key(m.Topic)
	w.remove(k)
	if m.IsDeletion() {
		return
	}
	var expires int64
	if m.Expiry > 0 {
		expires = w.now.Add(time.Duration(m.Expiry) * time.Second).UnixMilli()
		w.did(w.expiry.Put(expiryKey(expires, k), nil))
	}
	w.did(w.messages.Put(k, encode(m, w.now.UnixMilli(), expires)))
	w.count++
}

// remove removes what is stored at k. A damaged record leaves its entry in the expiry bucket, and
// sweep finds that it belongs to nothing.
func (w *writer) remove(k []byte) {
	old := w.messages.Get(k)
	if old == nil {
		return
	}
	if e, err := decode(old); err == nil && !e.Expires.IsZero() {
		w.did(w.expiry.Delete(expiryKey(e.Expires.UnixMilli(), k)))
	}
	w.did(w.messages.Delete(k))
	w.count--
}

// sweep removes what has expired, oldest first.
func (w *writer) sweep() {
	for _, k := range due(w.expiry, w.now, sweep) {
		topic := k[8:]
		if e, err := decode(w.messages.Get(topic)); err == nil && e.expired(w.now) {
			w.remove(topic)
		}
		w.did(w.expiry.Delete(k))
	}
}

// due returns the keys of the expiry bucket whose time has come.
func due(expiry *bbolt.Bucket, now time.Time, limit int) [][]byte {
	var keys [][]byte
	c := expiry.Cursor()
	for k, _ := c.First(); len(k) > 8 && len(keys) < limit; k, _ = c.Next() {
		if int64(binary.BigEndian.Uint64(k)) > now.UnixMilli() {
			break
		}
		keys = append(keys, append([]byte(nil), k...))
	}
	return keys
}
