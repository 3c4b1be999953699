package server

import (
	"fmt"

	"github.com/retainctl/retainctl/mqtt"
)

// maxBatch is the most publishes that share a transaction, and so an fsync.
const maxBatch = 4096

// commitAll runs in the only goroutine that writes. It collects what was queued while the last
// transaction was written to the disk, so thousands of publishes a second need only a few fsyncs.
// It sends messages to live subscribers in the order in which they were stored.
func (b *Broker) commitAll() {
	defer close(b.ended)
	for j := range b.queue {
		b.commit(b.gather(j))
	}
}

func (b *Broker) gather(first job) []job {
	batch := []job{first}
	for len(batch) < maxBatch {
		select {
		case j, open := <-b.queue:
			if !open {
				return batch
			}
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

func (b *Broker) commit(batch []job) {
	results, retained := b.admit(batch)
	if len(retained) > 0 && !b.o.Faults.AckUnstored {
		if err := b.store.Put(retained); err != nil {
			b.log("%v", err)
			for i, j := range batch {
				if j.retain && results[i] == nil {
					results[i] = err
				}
			}
		}
	}
	for i, j := range batch {
		if results[i] == nil {
			b.fanOut(j)
		}
		j.done(results[i])
	}
}

// admit returns what a batch may store within the quota, and why the rest is refused. A message
// that replaces another, and a delete, need no room.
func (b *Broker) admit(batch []job) (results []error, retained []mqtt.Message) {
	results = make([]error, len(batch))
	room := newRoom(b)
	for i, j := range batch {
		if !j.retain {
			continue
		}
		if results[i] = room.take(j.Message); results[i] == nil {
			retained = append(retained, j.Message)
		}
	}
	return results, retained
}

// room counts against the quota while a batch is assembled.
type room struct {
	b     *Broker
	used  int
	there map[string]bool // whether the batch leaves a message at a topic
	err   error
}

func newRoom(b *Broker) *room {
	r := &room{b: b, there: map[string]bool{}}
	if b.o.Quota > 0 {
		r.used, r.err = b.store.Count()
	}
	return r
}

func (r *room) take(m mqtt.Message) error {
	if r.b.o.Quota == 0 || r.err != nil {
		return r.err
	}
	was, known := r.there[m.Topic]
	if !known {
		// A damaged record exists, and may be replaced.
		_, found, err := r.b.store.Get(m.Topic)
		was = found || err != nil
	}
	switch {
	case m.IsDeletion() && was:
		r.used--
	case !m.IsDeletion() && !was:
		if r.used >= r.b.o.Quota {
			return fmt.Errorf("%w: %d", ErrQuota, r.b.o.Quota)
		}
		r.used++
	}
	r.there[m.Topic] = !m.IsDeletion()
	return nil
}
