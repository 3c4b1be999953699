package client

import (
	"bytes"
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// fake is a broker that misbehaves as its fields say.
type fake struct {
	connack     wire.Connack
	maxPacket   int // length of the longest packet that it accepts
	window      int // the most unacknowledged packets that it accepts, unannounced
	closeAfter  int // number of packets, including the CONNECT; 0: never
	silentAfter int // number of packets; then it reads on and answers nothing
	deny        string
	losePings   int           // number of PINGREQs that it does not answer
	dropEvery   int           // omits every n-th retained message once
	late        time.Duration // retained messages follow the PINGRESP, each this much later than the one before
	upgrade     mqtt.QoS      // retained messages come with this QoS
	noise       []mqtt.Message
	nagle       bool // small packets wait for the acknowledgement of earlier ones
	// instead may answer a packet in another way, and reports whether it did.
	instead func(s *fakeSession, p wire.Packet) bool

	mu       sync.Mutex
	retained map[string]mqtt.Message
	sent     int
	dropped  map[string]bool
	seen     []wire.Packet
	trouble  string
}

// start serves f on a loopback port until the test ends, and returns its address.
func (f *fake) start(t *testing.T) string {
	t.Helper()
	f.retained, f.dropped = map[string]mqtt.Message{}, map[string]bool{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_ = conn.(*net.TCPConn).SetNoDelay(!f.nagle)
			running.Go(func() { (&fakeSession{f: f, conn: conn}).serve() })
		}
	})
	t.Cleanup(func() {
		l.Close()
		running.Wait()
		if f.trouble != "" {
			t.Error(f.trouble)
		}
	})
	return l.Addr().String()
}

func (f *fake) got(kind wire.Type) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, p := range f.seen {
		if p.Kind() == kind {
			n++
		}
	}
	return n
}

func (f *fake) holds(topic string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := f.retained[topic]
	return ok
}

type fakeSession struct {
	f    *fake
	conn net.Conn
	v    wire.Version
	held []wire.Packet // acknowledgements that wait until there is nothing more to read
	late sync.WaitGroup
	mu   sync.Mutex // of conn's writing end
}

func (s *fakeSession) serve() {
	defer s.conn.Close()
	defer s.late.Wait()
	r := wire.NewReader(s.conn, 0, s.f.maxPacket)
	for n := 1; ; n++ {
		p, err := r.Next()
		if err != nil {
			var e *wire.Error
			if asError(err, &e) {
				s.f.complain(err.Error())
			}
			return
		}
		if s.v == 0 {
			s.v = r.Version()
		}
		s.f.mu.Lock()
		s.f.seen = append(s.f.seen, p)
		s.f.mu.Unlock()
		if s.f.silentAfter == 0 || n <= s.f.silentAfter {
			s.answer(p)
		}
		if !r.Buffered() || n == s.f.closeAfter {
			s.release()
		}
		if n == s.f.closeAfter {
			return
		}
	}
}

func asError(err error, e **wire.Error) bool {
	var ok bool
	*e, ok = err.(*wire.Error)
	return ok
}

func (f *fake) complain(s string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trouble = s
}

// release writes the acknowledgements that were held, so that a client which sends more than it may
// is caught with all of it unacknowledged.
func (s *fakeSession) release() {
	for _, limit := range []int{int(s.f.connack.ReceiveMaximum), s.f.window} {
		if limit > 0 && len(s.held) > limit {
			s.f.complain("more in flight than the Receive Maximum or the window allows")
		}
	}
	s.send(s.held...)
	s.held = nil
}

func (s *fakeSession) send(packets ...wire.Packet) {
	var b []byte
	for _, p := range packets {
		var err error
		if b, err = wire.AppendPacket(b, p, s.v); err != nil {
			s.f.complain(err.Error())
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.conn.Write(b)
}

func (s *fakeSession) answer(p wire.Packet) {
	if s.f.instead != nil && s.f.instead(s, p) {
		return
	}
	switch p := p.(type) {
	case *wire.Connect:
		s.send(&s.f.connack)
	case *wire.Pingreq:
		if s.f.losePings > 0 {
			s.f.losePings--
			return
		}
		s.send(&wire.Pingresp{})
	case *wire.Publish:
		s.publish(p)
	case *wire.Ack:
		switch p.Type {
		case wire.PUBREL:
			s.held = append(s.held, &wire.Ack{Type: wire.PUBCOMP, PacketID: p.PacketID})
		case wire.PUBREC:
			s.send(&wire.Ack{Type: wire.PUBREL, PacketID: p.PacketID})
		}
	case *wire.Subscribe:
		s.subscribe(p)
	case *wire.Unsubscribe:
		s.send(&wire.Unsuback{PacketID: p.PacketID, ReasonCodes: make([]wire.ReasonCode, len(p.Filters))})
	}
}

func (s *fakeSession) publish(p *wire.Publish) {
	ack := &wire.Ack{Type: wire.PUBACK, PacketID: p.PacketID, ReasonCode: wire.NoMatchingSubscribers}
	if p.Message.QoS == 2 {
		ack = &wire.Ack{Type: wire.PUBREC, PacketID: p.PacketID}
	}
	if s.f.deny != "" && p.Message.Topic == s.f.deny {
		ack.ReasonCode, ack.ReasonString = wire.QuotaExceeded, "go away"
	} else {
		s.f.mu.Lock()
		s.f.retained[p.Message.Topic] = p.Message
		s.f.mu.Unlock()
	}
	if p.Message.QoS > 0 {
		s.held = append(s.held, ack)
	}
}

func (s *fakeSession) subscribe(p *wire.Subscribe) {
	suback := &wire.Suback{PacketID: p.PacketID}
	var messages []wire.Packet
	for _, n := range s.f.noise {
		messages = append(messages, &wire.Publish{Message: n})
	}
	for _, sub := range p.Subscriptions {
		if sub.Filter == s.f.deny {
			suback.ReasonCodes = append(suback.ReasonCodes, wire.NotAuthorized)
			continue
		}
		suback.ReasonCodes = append(suback.ReasonCodes, wire.Success)
		if m, ok := s.f.stored(sub.Filter); ok {
			messages = append(messages, &wire.Publish{Retain: true, Message: m, PacketID: uint16(len(messages)+1) * uint16(min(m.QoS, 1))})
		}
	}
	if s.f.late > 0 {
		s.send(suback)
		s.late.Go(func() {
			for _, m := range messages {
				time.Sleep(s.f.late)
				s.send(m)
			}
		})
		return
	}
	s.send(append(messages, suback)...)
}

// stored returns the message at topic, unless it is to be lost this time.
func (f *fake) stored(topic string) (mqtt.Message, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m, ok := f.retained[topic]
	if !ok {
		return m, false
	}
	if f.sent++; f.dropEvery > 0 && f.sent%f.dropEvery == 0 && !f.dropped[topic] {
		f.dropped[topic] = true
		return m, false
	}
	m.QoS = f.upgrade
	return m, true
}

// answering starts a server that writes the given bytes to whoever connects, and returns its
// address.
func answering(t *testing.T, reply string) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1024))
			_, _ = io.Copy(conn, bytes.NewBufferString(reply))
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

func mustDial(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := Dial(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// publishAll publishes messages and returns the outcomes by index. Each must be reported exactly
// once.
func publishAll(t *testing.T, ctx context.Context, c *Client, batch []mqtt.Message) []error {
	t.Helper()
	outcomes, calls := make([]error, len(batch)), make([]int, len(batch))
	c.Publish(ctx, batch, func(i int, err error) { outcomes[i] = err; calls[i]++ })
	if slices.ContainsFunc(calls, func(n int) bool { return n != 1 }) {
		t.Fatalf("done was called not once for each message: %v", calls)
	}
	return outcomes
}
