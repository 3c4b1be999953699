package server

import (
	"sync"
	"time"

	"github.com/retainctl/retainctl/mqtt/wire"
)

// maxQueued is how many packets may wait for a client before it is disconnected as too slow.
// Retained messages do not count: they wait in the store.
const maxQueued = 100_000

// outbox holds what waits to be written to a client. Acknowledgements go first, the rest goes in
// order. Nothing in it is ever dropped.
//
// Retained messages wait as scans, which are read from the store page by page as the client reads
// them. A scan is read after every live message that was queued before it, so no client sees an
// older message after a newer one.
type outbox struct {
	mu       sync.Mutex
	changed  sync.Cond
	acks     []wire.Packet
	page     []item // of the current scan
	queue    []item
	scans    int // in queue
	window   int // the client's Receive Maximum (3.1.2.11.3)
	inflight map[uint16]struct{}
	lastID   uint16
	closed   bool
	final    wire.Packet // nil: close without a packet
}

// item is a packet or a scan.
type item struct {
	packet wire.Packet
	scan   *scan
	queued time.Time // of a message that may expire
}

func newOutbox(window uint16) *outbox {
	o := &outbox{window: int(window), inflight: map[uint16]struct{}{}}
	if window == 0 {
		o.window = 65535
	}
	o.changed.L = &o.mu
	return o
}

// change runs do with the lock held and wakes the writer.
func (o *outbox) change(do func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	do()
	o.changed.Signal()
}

// ack queues packets that may overtake messages.
func (o *outbox) ack(p wire.Packet) { o.change(func() { o.acks = append(o.acks, p) }) }

// add queues items in order, and reports whether the client still keeps up.
func (o *outbox) add(items ...item) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return true
	}
	for _, it := range items {
		if it.scan != nil {
			o.scans++
		}
	}
	o.queue = append(o.queue, items...)
	o.changed.Signal()
	return len(o.queue)-o.scans <= maxQueued && len(o.acks) <= maxQueued
}

// pong answers a PINGREQ after the retained messages that the client is to get. So a client that
// subscribes and pings in one write knows when it has them all. Only a client that has yet to
// acknowledge live messages gets the answer at once.
func (o *outbox) pong() {
	o.change(func() {
		if o.scans == 0 && len(o.page) == 0 && len(o.inflight) >= o.window {
			o.acks = append(o.acks, &wire.Pingresp{})
		} else {
			o.queue = append(o.queue, item{packet: &wire.Pingresp{}})
		}
	})
}

// released makes room in the window.
func (o *outbox) released(id uint16) {
	o.change(func() { delete(o.inflight, id) })
}

// holds reports whether a packet identifier is in flight.
func (o *outbox) holds(id uint16) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, is := o.inflight[id]
	return is
}

// close ends the connection once the acknowledgements that are queued, and final, are written. Only
// the first call has an effect.
func (o *outbox) close(final wire.Packet) (first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.closed, o.final = true, final
	o.changed.Signal()
	return true
}

// next returns what to write now. With wait it blocks until there is something; without, it returns
// a zero item if there is nothing. open is false at the end.
func (o *outbox) next(wait bool) (it item, open bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		switch {
		case len(o.acks) > 0:
			it.packet, o.acks = o.acks[0], o.acks[1:]
			return it, true
		case o.closed:
			return item{packet: o.final}, false
		case len(o.page) > 0:
			if it, ok := o.send(&o.page); ok {
				return it, true
			}
		case len(o.queue) > 0 && o.queue[0].scan != nil:
			return o.queue[0], true
		case len(o.queue) > 0:
			if it, ok := o.send(&o.queue); ok {
				return it, true
			}
		}
		if !wait {
			return item{}, true
		}
		o.changed.Wait()
	}
}

// send removes and returns the first item of a queue, unless it needs room in a full window.
func (o *outbox) send(queue *[]item) (item, bool) {
	it := (*queue)[0]
	if p, ok := it.packet.(*wire.Publish); ok && p.Message.QoS > 0 {
		if len(o.inflight) >= o.window {
			return item{}, false
		}
		p.PacketID = o.newID()
	}
	(*queue)[0] = item{}
	*queue = (*queue)[1:]
	return it, true
}

// newID returns a packet identifier that is not in use (MQTT-2.2.1-4). The window is small enough
// that there always is one.
func (o *outbox) newID() uint16 {
	for {
		o.lastID++
		if _, used := o.inflight[o.lastID]; o.lastID != 0 && !used {
			o.inflight[o.lastID] = struct{}{}
			return o.lastID
		}
	}
}

// read adds a page of the scan that next returned. more says that the scan continues after it.
func (o *outbox) read(page []item, more bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.page = page
	if !more {
		o.queue[0] = item{}
		o.queue = o.queue[1:]
		o.scans--
	}
}
