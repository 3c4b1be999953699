package brokertest

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
)

// cutting describes where connections are cut.
type cutting struct {
	toBroker bool
	at       int // number of the packet
	how      Verdict
	always   bool // every connection, or only the first
}

func (c cutting) String() string {
	which, from := "the first connection", "the broker's"
	if c.always {
		which = "each connection"
	}
	if c.toBroker {
		from = "our"
	}
	return fmt.Sprintf("%s cut at %s packet %d (%d)", which, from, c.at, c.how)
}

// cutAnywhere cuts the connection at every packet of a small write and read, in both directions,
// before the packet and in its middle. A single cut must do no harm. If every connection is cut
// there, each outcome must be true, no live message may be called absent, and errors must name the
// address.
func (s Suite) cutAnywhere(t *testing.T, clean broker.Writer) []string {
	still := []mqtt.Message{
		{Topic: "contract/cut/still/a", Payload: []byte("a"), QoS: 1},
		{Topic: "contract/cut/still/b", Payload: []byte("b"), QoS: 1},
	}
	mustPublish(t, clean, still...)
	holds(t, clean, still)
	c := cutting{at: 1, how: Cut}
	for _, c.toBroker = range []bool{true, false} {
		for c.at = 1; ; c.at++ {
			reached := false
			for _, c.always = range []bool{false, true} {
				for _, c.how = range []Verdict{Cut, Half} {
					if !c.always || !s.OneCut {
						reached = s.cut(t, clean, still, c) || reached
					}
				}
			}
			if !reached {
				break // the run got to its end
			}
		}
		if least := 4; c.at < least && !s.Stream { // a stream may come in any number of pieces
			t.Errorf("only %d packets passed", c.at)
		}
	}
	return nil
}

// cut cuts one connection, or each, at one place, and reports whether that place was reached.
func (s Suite) cut(t *testing.T, clean broker.Writer, still []mqtt.Message, c cutting) bool {
	t.Helper()
	var reached atomic.Bool
	read := readPacket
	if s.Stream {
		read = readPiece
	}
	address := startProxy(t, s.Address, read, func(p *Passing) Verdict {
		if p.ToBroker == c.toBroker && p.Number == c.at && (c.always || p.Connection == 1) {
			reached.Store(true)
			return c.how
		}
		return Pass
	})
	w, err := s.Over(t, address)
	if err != nil {
		if !strings.Contains(err.Error(), address) {
			t.Errorf("%s: opened with an error that does not name %s: %v", c, address, err)
		}
		return reached.Load()
	}
	defer w.Close()
	batch := []mqtt.Message{
		{Topic: "contract/cut/q0", QoS: 0}, {Topic: "contract/cut/q1", QoS: 1}, {Topic: "contract/cut/q2", QoS: min(2, w.Info().Capabilities.Limits.MaxQoS)},
	}
	for i := range batch {
		batch[i].Payload = []byte(address + " " + c.String()) // unlike any other
	}
	var stored []mqtt.Message
	for i, err := range Publish(t, context.Background(), w, batch...) {
		switch {
		case err == nil:
			stored = append(stored, batch[i])
		case !c.always:
			t.Errorf("%s: publish %s: %v", c, batch[i].Topic, err)
		case !strings.Contains(err.Error(), address):
			t.Errorf("%s: the error does not name %s: %v", c, address, err)
		}
	}
	holds(t, clean, stored)
	checkStill(t, w, still, c)
	return reached.Load()
}

// checkStill reads a live message: it is read, or the error says why not.
func checkStill(t *testing.T, w broker.Writer, still []mqtt.Message, c cutting) {
	t.Helper()
	topics := []string{still[0].Topic, still[1].Topic}
	seen, err := w.Read(context.Background(), topics)
	if err != nil && !c.always {
		t.Errorf("%s: read: %v", c, err)
	}
	for _, m := range still {
		live, there := seen.Live[m.Topic]
		switch unread := seen.Unread[m.Topic]; {
		case there && !bytes.Equal(live.Payload, m.Payload):
			t.Errorf("%s: read %q for %q", c, live.Payload, m.Payload)
		case there, err != nil:
		case unread == nil:
			t.Errorf("%s: the live message at %s is called absent", c, m.Topic)
		case !c.always:
			t.Errorf("%s: read %s: %v", c, m.Topic, unread)
		}
	}
}
