package client

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

const (
	// maxWindow is how many messages are in flight if the broker sets no lower Receive Maximum.
	// More would not be faster.
	maxWindow = 1000
	// flushAt is how many bytes are collected before they are written.
	flushAt = 64 << 10
)

// Publish sends each message with RETAIN set and calls done once for each index, serially and in
// any order: with nil once it was acknowledged. For QoS 0 that means that the broker answered a
// PINGREQ that was sent after it.
//
// When ctx is cancelled, Publish sends no more, waits for what is in flight, but no longer than
// Timeout, and calls done with ctx's error for the rest.
func (c *Client) Publish(ctx context.Context, batch []mqtt.Message, done func(i int, err error)) {
	c.call.Lock()
	defer c.call.Unlock()
	p := &publishing{c: c, batch: batch, done: done, waiting: make(map[uint16]int), freed: make(map[uint16]bool)}
	if err := p.run(ctx); err != nil {
		p.abandon(err, cmp.Or(ctx.Err(), err))
	}
}

// publishing is the state of one call of Publish.
type publishing struct {
	c       *Client
	batch   []mqtt.Message
	done    func(i int, err error)
	next    int             // index of the first message that is not sent
	waiting map[uint16]int  // packet identifier to message, QoS 1 and 2
	freed   map[uint16]bool // identifiers of QoS 2 whose message the broker has
	lastID  uint16
	unacked []unacked // QoS 0, in order of their pings
	loose   int       // number of messages in pinged
	due     time.Time // when Pace allows the next message; zero: now
	buf     []byte
	replies []byte
}

// unacked are the messages of QoS 0 that the answer to one PINGREQ acknowledges.
type unacked struct {
	ping     uint64
	messages []int
}

// run returns nil when every message has its outcome, or the reason why the others cannot get one.
func (p *publishing) run(ctx context.Context) error {
	deadline := time.Now().Add(p.c.o.Timeout)
	for {
		stop := ctx.Done()
		if p.due = (time.Time{}); ctx.Err() != nil {
			stop = nil
		} else if err := p.fill(); err != nil {
			return err
		}
		until := deadline
		switch idle := len(p.waiting) == 0 && p.loose == 0; {
		case idle && p.next == len(p.batch):
			return nil
		case idle && ctx.Err() != nil:
			return ctx.Err()
		case idle:
			deadline = time.Now().Add(p.c.o.Timeout)
			until = p.due
		case !p.due.IsZero() && p.due.Before(deadline):
			until = p.due
		}
		packets, err := p.c.inbox.wait(stop, until)
		if err != nil {
			return err
		}
		progressed := p.take(packets)
		if err := p.reply(); err != nil {
			return err
		}
		switch {
		case progressed:
			deadline = time.Now().Add(p.c.o.Timeout)
		case !time.Now().Before(deadline):
			// The identifiers in flight must not be used again.
			p.c.fail(silentError(p.c.o, "acknowledgement of a publish"))
			return p.c.Err()
		}
	}
}

// window returns how many messages of QoS 1 and 2 may be in flight (MQTT-3.3.4-7).
func (c *Client) window() int {
	window := maxWindow
	for _, n := range []int{int(c.server.ReceiveMaximum), c.o.Window} {
		if n > 0 {
			window = min(window, n)
		}
	}
	return window
}

// fill sends as many messages as may be in flight.
func (p *publishing) fill() error {
	window := p.c.window()
	var loose []int
	for p.next < len(p.batch) && len(p.waiting) < window && p.loose < maxWindow {
		if pause := p.c.pause(); pause > 0 {
			p.due = time.Now().Add(pause)
			break
		}
		i := p.next
		p.next++
		if err := p.append(i); err != nil {
			p.done(i, err)
		} else if p.batch[i].QoS == 0 {
			loose = append(loose, i)
			p.loose++
		}
		if len(p.buf) >= flushAt {
			if err := p.flush(loose); err != nil {
				return err
			}
			loose = nil
		}
	}
	return p.flush(loose)
}

// pause reserves a message's turn under Pace, or returns how long it must wait.
func (c *Client) pause() time.Duration {
	if c.o.Pace == nil {
		return 0
	}
	turn := c.o.Pace.Reserve()
	pause := turn.Delay()
	if pause > 0 {
		turn.Cancel()
	}
	return pause
}

// append encodes message i, unless the broker is known to refuse it. Then it reports why.
func (p *publishing) append(i int) error {
	m := p.batch[i]
	if err := p.c.check(m); err != nil {
		return err
	}
	packet := wire.Publish{Retain: true, Message: m}
	if m.QoS > 0 {
		packet.PacketID = p.freeID()
	}
	b, err := wire.AppendPacket(p.buf, &packet, p.c.o.Version)
	if err != nil {
		return err
	}
	if size, limit := len(b)-len(p.buf), p.c.MaximumPacketSize(); limit > 0 && size > limit {
		return fmt.Errorf("the broker accepts packets of at most %d bytes, and this message makes one of %d",
			limit, size)
	}
	p.buf = b
	if m.QoS > 0 {
		p.waiting[packet.PacketID] = i
	}
	return nil
}

// retains returns an error if the broker announced that it retains nothing (3.2.2.3.5).
func (c *Client) retains() error {
	if c.server.RetainUnavailable {
		return fmt.Errorf("broker %s does not support retained messages: turn them on there (mosquitto: "+
			"retain_available true)", c.o.Address)
	}
	return nil
}

// check refuses a message that the broker announced not to accept: sending it would end the
// connection for every other message too (MQTT-3.2.2-14, MQTT-3.2.2-11).
func (c *Client) check(m mqtt.Message) error {
	if err := c.retains(); err != nil {
		return err
	}
	if m.QoS > c.MaximumQoS() {
		return fmt.Errorf("broker %s accepts QoS 0 to %d, not %d", c.o.Address, c.MaximumQoS(), m.QoS)
	}
	plain := mqtt.Message{Topic: m.Topic, Payload: m.Payload, QoS: m.QoS}
	if lost := m.Diff(plain); c.o.Version == wire.V311 && lost != 0 {
		return fmt.Errorf("MQTT 3.1.1 cannot carry %s, and broker %s was connected to with it",
			strings.Join(lost.Names(), ", "), c.o.Address)
	}
	return nil
}

// freeID returns an identifier that is not in flight. Identifiers are used in turn, so that a
// second acknowledgement of a message is noticed.
func (p *publishing) freeID() uint16 {
	for {
		p.lastID = p.lastID%maxWindow + 1
		if _, used := p.waiting[p.lastID]; !used {
			return p.lastID
		}
	}
}

// flush writes the collected packets, with a PINGREQ after messages of QoS 0.
func (p *publishing) flush(loose []int) error {
	if len(p.buf) == 0 {
		return nil
	}
	pings := 0
	if len(loose) > 0 {
		pings = 1
		p.buf, _ = wire.AppendPacket(p.buf, &wire.Pingreq{}, p.c.o.Version)
	}
	ping, err := p.c.write(p.buf, pings)
	p.buf = p.buf[:0]
	if len(loose) > 0 {
		p.unacked = append(p.unacked, unacked{ping, loose})
	}
	return err
}

// take handles packets, and reports whether any of them made progress with a message.
func (p *publishing) take(packets []wire.Packet) (progress bool) {
	for _, packet := range packets {
		switch packet := packet.(type) {
		case *wire.Ack:
			progress = p.acknowledged(packet) || progress
		case *wire.Pingresp:
			progress = p.c.ponged() && p.ponged() || progress
		case *wire.Publish:
			p.replies = receipt(p.replies, packet, p.c.o.Version)
		}
	}
	return progress
}

// acknowledged handles the answers to QoS 1 and 2 (4.3.2, 4.3.3).
func (p *publishing) acknowledged(ack *wire.Ack) bool {
	i, ok := p.waiting[ack.PacketID]
	if ack.Type == wire.PUBREL {
		p.replies = reply(p.replies, &wire.Ack{Type: wire.PUBCOMP, PacketID: ack.PacketID}, p.c.o.Version)
		return false
	}
	if !ok {
		return false
	}
	failed := ack.ReasonCode.Failed()
	if ack.Type == wire.PUBREC && !failed {
		p.replies = reply(p.replies, &wire.Ack{Type: wire.PUBREL, PacketID: ack.PacketID}, p.c.o.Version)
		first := !p.freed[ack.PacketID]
		p.freed[ack.PacketID] = true
		return first
	}
	delete(p.waiting, ack.PacketID)
	delete(p.freed, ack.PacketID)
	if failed {
		p.done(i, &ReasonError{Did: "the broker refused the message", Code: ack.ReasonCode, Reason: p.c.o.said(ack.ReasonString)})
	} else {
		// No matching subscribers (0x10) is the usual answer to a retained message, which is stored
		// all the same.
		p.done(i, nil)
	}
	return true
}

// ponged acknowledges the messages of QoS 0 that were sent before the PINGREQ.
func (p *publishing) ponged() bool {
	progress := false
	for len(p.unacked) > 0 && p.unacked[0].ping <= p.c.pongs {
		for _, i := range p.unacked[0].messages {
			p.done(i, nil)
		}
		p.loose -= len(p.unacked[0].messages)
		p.unacked = p.unacked[1:]
		progress = true
	}
	return progress
}

func (p *publishing) reply() error {
	if len(p.replies) == 0 {
		return nil
	}
	_, err := p.c.write(p.replies, 0)
	p.replies = p.replies[:0]
	return err
}

// LostError reports a message that the end of the connection, or of the run, left without an
// answer.
type LostError struct {
	Sent bool
	Err  error
}

func (e *LostError) Error() string {
	if e.Sent {
		return "sent, and not acknowledged: " + e.Err.Error()
	}
	return "not sent: " + e.Err.Error()
}

func (e *LostError) Unwrap() error { return e.Err }

// abandon reports an error for the messages that have no outcome when the connection or the run
// ended.
func (p *publishing) abandon(err, unsent error) {
	lost := func(i int) { p.done(i, &LostError{true, err}) }
	for _, i := range p.waiting {
		lost(i)
	}
	for _, u := range p.unacked {
		for _, i := range u.messages {
			lost(i)
		}
	}
	for i := p.next; i < len(p.batch); i++ {
		p.done(i, &LostError{false, unsent})
	}
}
