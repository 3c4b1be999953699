package brokertest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// The cases of what a broker announces in CONNACK (3.2.2.3). They are the keys of Suite.Announces.
const (
	ReceiveMaximum1     = "Receive Maximum 1"
	ReceiveMaximum65535 = "Receive Maximum 65,535"
	MaximumQoS1         = "Maximum QoS 1"
	MaximumQoS0         = "Maximum QoS 0"
	MaximumPacketSize   = "Maximum Packet Size"
	RetainNotAvailable  = "retain not available"
)

// packetSize is the Maximum Packet Size that its case announces.
const packetSize = 2000

// announcement is a case of what a broker announces.
type announcement struct {
	name    string
	rewrite func(*wire.Connack)
	hold    func(*testing.T, broker.Writer, *traffic)
}

func announcements() []announcement {
	quality := func(q mqtt.QoS) func(*wire.Connack) { return func(c *wire.Connack) { c.MaximumQoS = &q } }
	return []announcement{
		{ReceiveMaximum1, func(c *wire.Connack) { c.ReceiveMaximum = 1 }, receiveMaximum(1, 1)},
		{ReceiveMaximum65535, func(c *wire.Connack) { c.ReceiveMaximum = 65535 }, receiveMaximum(100, 65535)},
		{MaximumQoS1, quality(1), maximumQoS(1)},
		{MaximumQoS0, quality(0), maximumQoS(0)},
		{MaximumPacketSize, func(c *wire.Connack) { c.MaximumPacketSize = packetSize }, maximumPacketSize},
		{RetainNotAvailable, func(c *wire.Connack) { c.RetainUnavailable = true }, noRetain},
	}
}

// run checks that the target obeys what the broker, or a proxy in front of it, announces. It
// watches what the target sends.
func (a announcement) run(s Suite) func(*testing.T, broker.Writer) []string {
	return func(t *testing.T, plain broker.Writer) []string {
		if plain.Info().Capabilities.Limits.Uncarried != 0 { // MQTT 3.1.1
			return []string{"announces nothing: MQTT 3.1.1 has no properties"}
		}
		address, own := s.Announces[a.name]
		if !own {
			address = s.Address
		}
		sent := &traffic{underway: map[int]map[uint16]bool{}}
		through := StartProxy(t, address, func(p *Passing) Verdict {
			if c, ok := p.Decode().(*wire.Connack); ok && !own {
				a.rewrite(c)
				p.Raw, _ = wire.AppendPacket(nil, c, p.Version)
			}
			sent.see(p)
			return Pass
		})
		w, err := s.Over(t, through)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		a.hold(t, w, sent)
		return nil
	}
}

// traffic is what a proxy recorded.
type traffic struct {
	mu        sync.Mutex
	publishes int
	highest   mqtt.QoS
	longest   int                     // packet to the broker
	underway  map[int]map[uint16]bool // unacknowledged publishes, by connection
	most      int                     // most of them at a time
}

// done returns what was recorded.
func (s *traffic) done() *traffic {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &traffic{publishes: s.publishes, highest: s.highest, longest: s.longest, most: s.most}
}

func (s *traffic) see(p *Passing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.ToBroker {
		s.longest = max(s.longest, len(p.Raw))
	}
	switch packet := p.Decode().(type) {
	case *wire.Publish:
		if p.ToBroker {
			s.publish(p.Connection, packet)
		}
	case *wire.Ack:
		over := packet.Type == wire.PUBACK || packet.Type == wire.PUBCOMP || packet.Type == wire.PUBREC && packet.ReasonCode.Failed()
		if !p.ToBroker && over {
			delete(s.underway[p.Connection], packet.PacketID)
		}
	}
}

func (s *traffic) publish(connection int, p *wire.Publish) {
	s.publishes++
	s.highest = max(s.highest, p.Message.QoS)
	if p.Message.QoS > 0 {
		if s.underway[connection] == nil {
			s.underway[connection] = map[uint16]bool{}
		}
		s.underway[connection][p.PacketID] = true
		s.most = max(s.most, len(s.underway[connection]))
	}
}

// receiveMaximum checks that as many messages are in flight as allowed, and no more (MQTT-3.3.4-7).
func receiveMaximum(least, most int) func(*testing.T, broker.Writer, *traffic) {
	return func(t *testing.T, w broker.Writer, sent *traffic) {
		batch := make([]mqtt.Message, 300)
		for i := range batch {
			batch[i] = mqtt.Message{Topic: fmt.Sprintf("contract/window/%d", i), Payload: []byte("x"), QoS: mqtt.QoS(1 + i%2)}
		}
		mustPublish(t, w, batch...)
		holds(t, w, batch)
		if sent := sent.done(); sent.most < least || sent.most > most {
			t.Errorf("%d messages were in flight at a time, want %d to %d", sent.most, least, most)
		}
	}
}

// maximumQoS checks that a message above the broker's QoS is refused by name and not sent
// (MQTT-3.2.2-11), and that the limits say so to a plan.
func maximumQoS(highest mqtt.QoS) func(*testing.T, broker.Writer, *traffic) {
	return func(t *testing.T, w broker.Writer, sent *traffic) {
		var batch, taken []mqtt.Message
		for q := range mqtt.QoS(3) {
			batch = append(batch, mqtt.Message{Topic: fmt.Sprintf("contract/quality/%d", q), Payload: []byte("x"), QoS: q})
		}
		for i, err := range Publish(t, t.Context(), w, batch...) {
			refused, planned := batch[i].QoS > highest, len(w.Info().Capabilities.Limits.Check(batch[i])) > 0
			if refused != names(err, "accepts qos 0") || refused != planned {
				t.Errorf("publish at QoS %d: %v; the limits forbid it: %t", batch[i].QoS, err, planned)
			}
			if !refused {
				taken = append(taken, batch[i])
			}
		}
		holds(t, w, taken)
		if sent := sent.done(); sent.highest > highest {
			t.Errorf("QoS %d was sent", sent.highest)
		}
	}
}

// maximumPacketSize checks that no longer packet is sent (MQTT-3.2.2-15): a message is refused, and
// a long list of topics is read in parts.
func maximumPacketSize(t *testing.T, w broker.Writer, sent *traffic) {
	var batch []mqtt.Message
	for i := range 100 {
		batch = append(batch, mqtt.Message{Topic: fmt.Sprintf("contract/packets/%050d", i), Payload: make([]byte, packetSize-200), QoS: 1})
		batch[i].Payload[0] = 1
	}
	mustPublish(t, w, batch...)
	holds(t, w, batch)
	large := []mqtt.Message{
		{Topic: "contract/packets/payload", Payload: make([]byte, packetSize+1), QoS: 1},
		{Topic: "contract/packets/whole", Payload: make([]byte, packetSize-20), QoS: 1},
		{Topic: "contract/packets/properties", Payload: []byte("x"), QoS: 1, UserProperties: []mqtt.UserProperty{{Name: "a", Value: strings.Repeat("v", packetSize)}}},
	}
	for i, err := range Publish(t, t.Context(), w, large...) {
		if !names(err, fmt.Sprintf("at most %d bytes", packetSize)) {
			t.Errorf("publish %s: %v", large[i].Topic, err)
		}
	}
	if sent := sent.done(); sent.longest > packetSize {
		t.Errorf("a packet of %d bytes was sent", sent.longest)
	}
}

// noRetain publishes to a broker that announced that it retains nothing (3.2.2.3.5): sending it a
// retained message would end the connection (MQTT-3.2.2-14).
func noRetain(t *testing.T, w broker.Writer, sent *traffic) {
	batch := []mqtt.Message{
		{Topic: "contract/unretained/a", Payload: []byte("x"), QoS: 1},
		{Topic: "contract/unretained/b", Payload: []byte("x")},
		mqtt.Deletion("contract/unretained/c", 1),
	}
	for i, err := range Publish(t, t.Context(), w, batch...) {
		if !names(err, "does not support retained messages") {
			t.Errorf("publish %q: %v", batch[i].Topic, err)
		}
	}
	// Its silence must not read as "absent".
	if _, err := w.Read(t.Context(), []string{batch[0].Topic}); !names(err, "does not support retained messages") {
		t.Errorf("read: %v", err)
	}
	if sent := sent.done(); sent.publishes > 0 {
		t.Errorf("%d messages were sent nevertheless", sent.publishes)
	}
}
