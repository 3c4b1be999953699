package client

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// sendLong sends a PUBLISH with a body of that size, which is never in memory as a whole.
func (s *fakeSession) sendLong(topic string, size int) {
	head := []byte{0x31}
	for n := size; ; {
		b := byte(n & 127)
		if n >>= 7; n > 0 {
			head = append(head, b|128)
			continue
		}
		head = append(head, b)
		break
	}
	head = append(head, byte(len(topic)>>8), byte(len(topic)))
	head = append(head, topic...)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.conn.Write(head)
	zeros := make([]byte, 1<<20)
	for left := size - 2 - len(topic); left > 0; {
		n, err := s.conn.Write(zeros[:min(left, len(zeros))])
		if err != nil {
			return
		}
		left -= n
	}
}

// long answers each subscription to "long", or to a wildcard, with a message of that size.
func long(size int) func(*fakeSession, wire.Packet) bool {
	return func(s *fakeSession, p wire.Packet) bool {
		sub, is := p.(*wire.Subscribe)
		if !is {
			return false
		}
		for _, x := range sub.Subscriptions {
			if x.Filter == "long" || mqtt.IsFilter(x.Filter) {
				s.sendLong("long", size)
			}
		}
		return false
	}
}

// TestLongMessageIsUnread checks that a message that is too long makes its own topic unread, and takes
// no memory; and that a broker is not told a Maximum Packet Size, for which it would withhold it.
func TestLongMessageIsUnread(t *testing.T) {
	f := &fake{instead: long(longestPublish + 1)}
	c := mustDial(t, Options{Address: f.start(t), Quiet: time.Millisecond})
	publishAll(t, t.Context(), c, []mqtt.Message{{Topic: "short", Payload: []byte("x"), QoS: 1}})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	seen, err := c.Read(t.Context(), []string{"long", "short", "absent"})
	runtime.ReadMemStats(&after)
	if err != nil || len(seen.Live) != 1 || len(seen.Unread) != 1 || !contains(seen.Unread["long"], "only messages of up to 64 MiB are read") {
		t.Errorf("live %v, unread %v, %v", seen.Live, seen.Unread, err)
	}
	if made := after.TotalAlloc - before.TotalAlloc; made > 16<<20 {
		t.Errorf("%d bytes were allocated", made)
	}
	live, err := c.Scan(t.Context(), []string{"#"})
	if !contains(err, `topic "long": its message has about`) || len(live) > 1 {
		t.Errorf("%v, %v", live, err)
	}
	for _, p := range f.received() {
		if hello, is := p.(*wire.Connect); is && hello.MaximumPacketSize != 0 {
			t.Errorf("announced a Maximum Packet Size of %d", hello.MaximumPacketSize)
		}
	}
	unsubscribed := f.unsubscribed()
	if slices.Sort(unsubscribed); strings.Join(unsubscribed, " ") != "# absent long short" {
		t.Errorf("unsubscribed from %q", unsubscribed)
	}
}

func (f *fake) received() []wire.Packet {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.seen)
}

func (f *fake) unsubscribed() (filters []string) {
	for _, p := range f.received() {
		if u, is := p.(*wire.Unsubscribe); is {
			filters = append(filters, u.Filters...)
		}
	}
	return filters
}

func TestLongestMessageIsRead(t *testing.T) {
	c := mustDial(t, Options{Address: (&fake{instead: long(mqtt.MaxPayloadBytes + 7)}).start(t)})
	seen, err := c.Read(t.Context(), []string{"long"})
	if n := len(seen.Live["long"].Payload); err != nil || n != mqtt.MaxPayloadBytes {
		t.Errorf("%d bytes, unread %v, %v", n, seen.Unread, err)
	}
}

// A message that is replaced by a shorter one while it is read is live, and one that is deleted absent.
func TestLongMessageIsReplaced(t *testing.T) {
	r := newReading(&Client{}, 2)
	r.begin([]string{"a", "b"})
	for _, topic := range []string{"a", "b"} {
		r.message(&wire.Publish{Retain: true, Skipped: 1, Message: mqtt.Message{Topic: topic}})
	}
	if len(r.obs.Unread) != 2 {
		t.Fatalf("unread %v", r.obs.Unread)
	}
	r.message(&wire.Publish{Retain: true, Message: mqtt.Message{Topic: "a", Payload: []byte("x")}})
	r.message(&wire.Publish{Retain: true, Message: mqtt.Message{Topic: "b"}})
	if len(r.obs.Unread) != 0 || string(r.obs.Live["a"].Payload) != "x" || len(r.obs.Live) != 1 {
		t.Errorf("live %v, unread %v", r.obs.Live, r.obs.Unread)
	}
	r.message(&wire.Publish{Retain: true, Message: mqtt.Message{Topic: "a"}})
	if r.bytes != 2*(topicOverhead+1) || len(r.obs.Live) != 0 {
		t.Errorf("%d bytes for two deletes, live %v", r.bytes, r.obs.Live)
	}
}

// repeat sends packets again and again until the connection ends.
func (s *fakeSession) repeat(packets func(n int) []wire.Packet) {
	s.late.Go(func() {
		for n := 0; ; n++ {
			var b []byte
			for _, p := range packets(n) {
				b, _ = wire.AppendPacket(b, p, s.v)
			}
			s.mu.Lock()
			_, err := s.conn.Write(b)
			s.mu.Unlock()
			if err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	})
}

// TestCallsEnd checks that what brings nothing new does not keep a call alive.
func TestCallsEnd(t *testing.T) {
	live := &wire.Publish{Retain: true, Message: mqtt.Message{Topic: "a", Payload: []byte("x")}}
	gone := &wire.Publish{Retain: true, Message: mqtt.Message{Topic: "a"}}
	suback := func(p wire.Packet) *wire.Suback {
		return &wire.Suback{PacketID: p.(*wire.Subscribe).PacketID, ReasonCodes: []wire.ReasonCode{0}}
	}
	for name, test := range map[string]struct {
		on     wire.Type   // the packet that is answered
		mute   []wire.Type // packets that are not answered
		answer func(p wire.Packet) []wire.Packet
	}{
		"SUBACK":                 {wire.SUBSCRIBE, []wire.Type{wire.PINGREQ}, func(p wire.Packet) []wire.Packet { return []wire.Packet{suback(p)} }},
		"PINGRESP":               {wire.SUBSCRIBE, nil, func(wire.Packet) []wire.Packet { return []wire.Packet{&wire.Pingresp{}} }},
		"UNSUBACK":               {wire.UNSUBSCRIBE, nil, func(wire.Packet) []wire.Packet { return []wire.Packet{&wire.Unsuback{PacketID: 1}} }},
		"the same message":       {wire.SUBSCRIBE, []wire.Type{wire.PINGREQ}, func(wire.Packet) []wire.Packet { return []wire.Packet{live} }},
		"a message and a delete": {wire.SUBSCRIBE, []wire.Type{wire.PINGREQ}, func(wire.Packet) []wire.Packet { return []wire.Packet{live, gone} }},
		"PUBREC": {wire.PUBLISH, nil, func(p wire.Packet) []wire.Packet {
			return []wire.Packet{&wire.Ack{Type: wire.PUBREC, PacketID: p.(*wire.Publish).PacketID}}
		}},
		"PUBREL, which we answer": {wire.PUBLISH, nil, func(wire.Packet) []wire.Packet { return []wire.Packet{&wire.Ack{Type: wire.PUBREL, PacketID: 1}} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{}
			f.instead = func(s *fakeSession, p wire.Packet) bool {
				if p.Kind() == test.on {
					s.repeat(func(int) []wire.Packet { return test.answer(p) })
				}
				_, pubrel := p.(*wire.Ack)
				return pubrel || p.Kind() == test.on || slices.Contains(test.mute, p.Kind())
			}
			c := mustDial(t, Options{Address: f.start(t), Timeout: 300 * time.Millisecond, Quiet: time.Millisecond})
			began := time.Now()
			var err error
			if test.on == wire.PUBLISH {
				err = publishAll(t, t.Context(), c, []mqtt.Message{{Topic: "a", Payload: []byte("x"), QoS: 2}})[0]
			} else {
				seen, _ := c.Read(t.Context(), []string{"a"})
				err = seen.Unread["a"]
				if test.on == wire.UNSUBSCRIBE || len(seen.Live) > 0 {
					err = c.Err() // it was read before
				}
			}
			if took := time.Since(began); err == nil || took > 3*time.Second {
				t.Errorf("%v after %s", err, took)
			}
		})
	}
}

// TestPingrespWithoutPingreq checks that a PINGRESP that answers nothing does not acknowledge a message
// of QoS 0, or prove that a topic is absent.
func TestPingrespWithoutPingreq(t *testing.T) {
	f := &fake{losePings: 100}
	f.instead = func(s *fakeSession, p wire.Packet) bool {
		if p.Kind() == wire.CONNECT {
			s.send(&s.f.connack, &wire.Pingresp{}, &wire.Pingresp{}, &wire.Pingresp{}, &wire.Suback{PacketID: 5, ReasonCodes: []wire.ReasonCode{0}})
			return true
		}
		return false
	}
	c := mustDial(t, Options{Address: f.start(t), Timeout: 200 * time.Millisecond, Quiet: time.Millisecond})
	packets, err := c.inbox.wait(nil, time.Now().Add(5*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	c.call.Lock()
	_ = newReading(c, 0).handle(packets, nil)
	pongs := c.pongs
	c.call.Unlock()
	if pongs != 0 {
		t.Errorf("%d PINGRESPs count", pongs)
	}
}

// TestScanEnds checks that a broker which shows new messages without end ends a scan by its time.
func TestScanEnds(t *testing.T) {
	f := &fake{}
	f.instead = func(s *fakeSession, p wire.Packet) bool {
		if p.Kind() == wire.SUBSCRIBE {
			s.repeat(func(n int) []wire.Packet {
				return []wire.Packet{&wire.Publish{Retain: true, Message: mqtt.Message{Topic: fmt.Sprint(n), Payload: []byte("x")}}}
			})
		}
		return false
	}
	c := mustDial(t, Options{Address: f.start(t), Quiet: 10 * time.Second})
	r := newReading(c, 0)
	r.begin(nil)
	r.filters = []string{"#"}
	r.within(200 * time.Millisecond)
	if err := r.scan(t.Context()); !contains(err, "the read did not end within") || len(r.obs.Live) == 0 {
		t.Errorf("%v, %d live", err, len(r.obs.Live))
	}
}

// TestTooMuchAltogether checks the bound of one reading.
func TestTooMuchAltogether(t *testing.T) {
	c := mustDial(t, Options{Address: (&fake{}).start(t)})
	r := newReading(c, 0)
	r.bytes = readingBytes
	if err := r.fits(); err != nil {
		t.Error(err)
	}
	r.bytes++
	if err := r.fits(); !contains(err, "more than 2 GiB") || c.Err() == nil {
		t.Error(err)
	}
}

// TestFlood checks that a broker which sends what nobody asked for is hung up on.
func TestFlood(t *testing.T) {
	f := &fake{}
	f.instead = func(s *fakeSession, p wire.Packet) bool {
		if p.Kind() == wire.PINGREQ {
			packet, _ := wire.AppendPacket(nil, &wire.Publish{Message: mqtt.Message{Topic: "a"}}, s.v)
			many := slices.Repeat(packet, 10_000)
			for {
				if _, err := s.conn.Write(many); err != nil {
					return true
				}
			}
		}
		return false
	}
	c := mustDial(t, Options{Address: f.start(t)})
	if _, err := c.send(&wire.Pingreq{}); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); c.Err() == nil && time.Since(began) < 20*time.Second; {
		time.Sleep(10 * time.Millisecond)
	}
	if !contains(c.Err(), "sent more than 256 MiB that nothing asked for") {
		t.Error(c.Err())
	}
}

// TestLateMessagesAreUnsubscribedFrom checks that no subscription is left after messages that came late.
func TestLateMessagesAreUnsubscribedFrom(t *testing.T) {
	f := &fake{late: 20 * time.Millisecond}
	c := mustDial(t, Options{Address: f.start(t), Quiet: 200 * time.Millisecond, LateQuiet: 200 * time.Millisecond})
	batch, topics := messages(3)
	publishAll(t, t.Context(), c, batch)
	seen, err := c.Read(t.Context(), topics)
	if err != nil || len(seen.Live) != 3 {
		t.Fatalf("%v, %v", slices.Collect(maps.Keys(seen.Live)), err)
	}
	unsubscribed := f.unsubscribed()
	if slices.Sort(unsubscribed); !slices.Equal(slices.Compact(unsubscribed), topics) {
		t.Errorf("unsubscribed from %q", unsubscribed)
	}
}
