package server

import (
	"bufio"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// session is the session of a connected client. It ends with the connection.
type session struct {
	b         *Broker
	conn      net.Conn
	id        string
	version   wire.Version
	keepAlive time.Duration
	maxPacket uint32 // the client's; 0 means no limit
	will      *wire.Will
	out       *outbox
	subs      subscriptions

	committing sync.WaitGroup // the client's publishes that are not stored yet

	unacked atomic.Int32 // the client's publishes at QoS 1 and 2 that are under way
	mu      sync.Mutex
	exactly map[uint16]bool // its QoS 2 publishes until PUBREL; true once PUBREC is due
}

func newSession(b *Broker, conn net.Conn, c *wire.Connect) *session {
	s := &session{
		b: b, conn: conn, id: c.ClientID, version: c.Version, will: c.Will,
		keepAlive: time.Duration(c.KeepAlive) * time.Second * 3 / 2, // MQTT-3.1.2-22
		maxPacket: c.MaximumPacketSize,
		out:       newOutbox(c.ReceiveMaximum),
		subs:      newSubscriptions(),
		exactly:   map[uint16]bool{},
	}
	b.mu.Lock()
	old := b.sessions[s.id]
	b.sessions[s.id] = s
	b.mu.Unlock()
	if old != nil {
		old.end(wire.SessionTakenOver) // MQTT-3.1.4-3
	}
	return s
}

// run reads packets until the connection ends.
func (s *session) run(r *wire.Reader) {
	s.b.log("%s: client %q connected, %s", s.conn.RemoteAddr(), s.id, s.version)
	var writer sync.WaitGroup
	writer.Go(s.write)
	err := s.read(r)
	switch bad := (*wire.Error)(nil); {
	case errors.Is(err, errDisconnected):
		s.close(nil)
	case errors.As(err, &bad):
		s.end(bad.Code) // MQTT-4.13.1-1
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.end(wire.KeepAliveTimeout)
	default:
		s.close(nil)
	}
	writer.Wait()
	s.leave()
	s.b.log("%s: client %q left: %v", s.conn.RemoteAddr(), s.id, err)
}

// leave forgets the session and publishes its will, unless the client withdrew it. The session ends
// with the connection, and so does any will delay (MQTT-3.1.3-9).
func (s *session) leave() {
	s.b.mu.Lock()
	if s.b.sessions[s.id] == s {
		delete(s.b.sessions, s.id)
	}
	s.b.mu.Unlock()
	if s.will != nil {
		s.b.submit(job{Message: s.will.Message, retain: s.will.Retain, from: s, done: func(err error) {
			if err != nil {
				s.b.log("will of client %q: %v", s.id, err)
			}
		}})
	}
}

// end closes the connection with a reason, for which 3.1.1 has no packet.
func (s *session) end(code wire.ReasonCode) {
	if s.version == wire.V5 {
		s.close(&wire.Disconnect{ReasonCode: code})
	} else {
		s.close(nil)
	}
}

func (s *session) close(final wire.Packet) {
	if s.out.close(final) {
		// Unblock a write to a client that does not read.
		s.conn.SetWriteDeadline(time.Now().Add(farewell))
	}
}

// write writes what is in the outbox, and flushes when that is empty.
func (s *session) write() {
	defer s.conn.Close()
	w := bufio.NewWriterSize(s.conn, 64<<10)
	var buf []byte
	for {
		it, open := s.out.next(false)
		if open && it == (item{}) {
			if w.Flush() != nil {
				return
			}
			it, open = s.out.next(true)
		}
		if it.scan != nil {
			s.advance(it.scan)
			continue
		}
		if it.packet != nil {
			buf = s.encode(buf[:0], it)
			if _, err := w.Write(buf); err != nil {
				return
			}
		}
		if !open {
			w.Flush()
			return
		}
	}
}

// encode returns the bytes of an item. It returns none for a message that expired while it waited
// (MQTT-3.3.2-5), that is too long for the client (MQTT-3.1.2-25), or that the client's version
// cannot express.
func (s *session) encode(buf []byte, it item) []byte {
	p, isPublish := it.packet.(*wire.Publish)
	alive := !isPublish || countDown(p, it.queued)
	packet, err := wire.AppendPacket(buf, it.packet, s.version)
	if err != nil {
		s.b.log("client %q: %v", s.id, err)
	}
	if err == nil && alive && (s.maxPacket == 0 || len(packet) <= int(s.maxPacket)) {
		return packet
	}
	if isPublish && p.Message.QoS > 0 {
		s.out.released(p.PacketID)
	}
	return buf
}

// countDown subtracts the time that a message waited from its expiry (MQTT-3.3.2-6).
func countDown(p *wire.Publish, queued time.Time) bool {
	if p.Message.Expiry == 0 {
		return true
	}
	waited := uint32(time.Since(queued) / time.Second)
	if waited >= p.Message.Expiry {
		return false
	}
	p.Message.Expiry -= waited
	return true
}

var (
	errDisconnected = errors.New("it disconnected")
	errInjected     = errors.New("the connection was cut on purpose")
)

func (s *session) read(r *wire.Reader) error {
	for n := 1; ; n++ {
		var deadline time.Time
		if s.keepAlive > 0 {
			deadline = time.Now().Add(s.keepAlive)
		}
		s.conn.SetReadDeadline(deadline)
		p, err := r.Next()
		if err != nil {
			return err
		}
		if n == s.b.o.Faults.CloseAfter {
			s.conn.Close()
			return errInjected
		}
		if err := s.handle(p); err != nil {
			return err
		}
	}
}

func (s *session) handle(p wire.Packet) error {
	switch p := p.(type) {
	case *wire.Publish:
		return s.publish(p)
	case *wire.Ack:
		s.acknowledged(p)
	case *wire.Subscribe:
		s.subscribe(p)
	case *wire.Unsubscribe:
		s.unsubscribe(p)
	case *wire.Pingreq:
		s.out.pong()
	case *wire.Disconnect:
		if p.ReasonCode != wire.DisconnectWithWill {
			s.will = nil // MQTT-3.14.4-3
		}
		return errDisconnected
	default:
		return &wire.Error{Code: wire.ProtocolError, Packet: p.Kind(), Problem: "a client must not send it now",
			Rule: "4.13"}
	}
	return nil
}

// publish accepts a message from the client. The answer follows when it is stored.
func (s *session) publish(p *wire.Publish) error {
	if p.TopicAlias != 0 {
		return &wire.Error{Code: wire.TopicAliasInvalid, Packet: wire.PUBLISH, Problem: "it has a topic alias, and " +
			"none was offered", Rule: "MQTT-3.3.2-9"}
	}
	qos, id := p.Message.QoS, p.PacketID
	if qos == 2 && s.repeated(id) {
		return nil
	}
	if qos > 0 && int(s.unacked.Add(1)) > s.b.receiveMaximum() && s.version == wire.V5 {
		return &wire.Error{Code: wire.ReceiveMaximumExceeded, Packet: wire.PUBLISH, Problem: "more are under way " +
			"than was offered", Rule: "MQTT-3.3.4-7"}
	}
	s.committing.Add(1)
	s.b.submit(job{Message: p.Message, retain: p.Retain, from: s, done: func(err error) {
		s.answer(qos, id, err)
		s.committing.Done()
	}})
	return nil
}

// repeated reports whether a QoS 2 publish was already received: then it is acknowledged again and
// not published again (MQTT-4.3.3-10).
func (s *session) repeated(id uint16) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	due, known := s.exactly[id]
	if !known {
		s.exactly[id] = false
	} else if due {
		s.out.ack(&wire.Ack{Type: wire.PUBREC, PacketID: id})
	}
	return known
}

// answer acknowledges a publish when its outcome is known.
func (s *session) answer(qos mqtt.QoS, id uint16, err error) {
	if err != nil {
		s.b.log("client %q: %v", s.id, err)
	}
	code := reason(err)
	switch {
	case qos == 0:
		return
	case errors.Is(err, ErrClosed), s.version == wire.V311 && code == wire.ImplementationError:
		// No acknowledgement is the only correct answer.
		s.end(wire.ServerShuttingDown)
		return
	case s.version == wire.V311:
		// 3.1.1 must acknowledge what it denies, or close (3.1.1 MQTT-3.3.5-2).
		code = wire.Success
	}
	if qos == 1 {
		s.unacked.Add(-1)
		s.out.ack(&wire.Ack{Type: wire.PUBACK, PacketID: id, ReasonCode: code})
		return
	}
	s.mu.Lock()
	s.exactly[id] = true
	if code.Failed() { // there will be no PUBREL
		delete(s.exactly, id)
		s.unacked.Add(-1)
	}
	s.mu.Unlock()
	s.out.ack(&wire.Ack{Type: wire.PUBREC, PacketID: id, ReasonCode: code})
}

func reason(err error) wire.ReasonCode {
	switch {
	case err == nil:
		return wire.Success
	case errors.Is(err, ErrDenied):
		return wire.NotAuthorized
	case errors.Is(err, ErrRate), errors.Is(err, ErrQuota):
		return wire.QuotaExceeded
	}
	return wire.ImplementationError
}

// acknowledged does the next step of a QoS 1 or 2 exchange (4.3).
func (s *session) acknowledged(p *wire.Ack) {
	switch p.Type {
	case wire.PUBACK, wire.PUBCOMP:
		s.out.released(p.PacketID)
	case wire.PUBREC:
		switch {
		case p.ReasonCode.Failed():
			s.out.released(p.PacketID)
		case s.out.holds(p.PacketID):
			s.out.ack(&wire.Ack{Type: wire.PUBREL, PacketID: p.PacketID})
		default:
			s.out.ack(&wire.Ack{Type: wire.PUBREL, PacketID: p.PacketID, ReasonCode: wire.PacketIDNotFound})
		}
	case wire.PUBREL:
		s.mu.Lock()
		_, known := s.exactly[p.PacketID]
		delete(s.exactly, p.PacketID)
		s.mu.Unlock()
		code := wire.PacketIDNotFound
		if known {
			s.unacked.Add(-1)
			code = wire.Success
		}
		s.out.ack(&wire.Ack{Type: wire.PUBCOMP, PacketID: p.PacketID, ReasonCode: code})
	}
}
