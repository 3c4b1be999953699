package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// messages returns n messages, of every QoS in turn.
func messages(n int) (batch []mqtt.Message, topics []string) {
	for i := range n {
		topics = append(topics, fmt.Sprintf("t/%d", i))
		batch = append(batch, mqtt.Message{Topic: topics[i], Payload: fmt.Append(nil, i), QoS: mqtt.QoS(i % 3)})
	}
	return batch, topics
}

func contains(err error, want string) bool { return err != nil && strings.Contains(err.Error(), want) }

func TestReceiveMaximum(t *testing.T) {
	for _, limit := range []uint16{1, 3, 20, 0} {
		f := &fake{connack: wire.Connack{ReceiveMaximum: limit}}
		c := mustDial(t, Options{Address: f.start(t)})
		batch, topics := messages(500)
		for i, err := range publishAll(t, t.Context(), c, batch) {
			if err != nil {
				t.Fatalf("message %d: %v", i, err)
			}
		}
		seen, err := c.Read(t.Context(), topics)
		if err != nil || len(seen.Live) != len(batch) {
			t.Errorf("Receive Maximum %d: %d live, %v", limit, len(seen.Live), err)
		}
	}
}

func TestWindow(t *testing.T) {
	for _, allowed := range []uint16{0, 20, 2} {
		f := &fake{window: 3, connack: wire.Connack{ReceiveMaximum: allowed}}
		c := mustDial(t, Options{Address: f.start(t), Window: 3})
		batch, _ := messages(100)
		for i, err := range publishAll(t, t.Context(), c, batch) {
			if err != nil {
				t.Fatalf("Receive Maximum %d, message %d: %v", allowed, i, err)
			}
		}
	}
}

func TestPublishRefused(t *testing.T) {
	for _, qos := range []mqtt.QoS{1, 2} {
		f := &fake{deny: "t/1"}
		c := mustDial(t, Options{Address: f.start(t)})
		batch, _ := messages(4)
		batch[1].QoS = qos
		for i, err := range publishAll(t, t.Context(), c, batch) {
			if i == 1 && !contains(err, `quota exceeded (0x97): "go away"`) || i != 1 && err != nil {
				t.Errorf("message %d: %v", i, err)
			}
		}
	}
}

func TestBrokerLimits(t *testing.T) {
	f := &fake{maxPacket: 300, connack: wire.Connack{MaximumPacketSize: 300, MaximumQoS: new(mqtt.QoS(1))}}
	c := mustDial(t, Options{Address: f.start(t)})
	batch, topics := messages(100)
	for i := range batch {
		batch[i].QoS = 1
	}
	batch[3].Payload = make([]byte, 300)
	batch[4].QoS = 2
	long := strings.Repeat("x", 300)
	for i, err := range publishAll(t, t.Context(), c, batch) {
		switch {
		case i == 3 && !contains(err, "packets of at most 300 bytes"), i == 4 && !contains(err, "QoS 0 to 1"), i != 3 && i != 4 && err != nil:
			t.Errorf("message %d: %v", i, err)
		}
	}
	seen, err := c.Read(t.Context(), append(topics, long))
	if err != nil || len(seen.Live) != 98 || !contains(seen.Unread[long], "longer than the packets") || len(seen.Unread) != 1 {
		t.Errorf("%d live, unread %v, %v", len(seen.Live), seen.Unread, err)
	}
}

func TestRetainUnavailable(t *testing.T) {
	f := &fake{connack: wire.Connack{RetainUnavailable: true}}
	c := mustDial(t, Options{Address: f.start(t)})
	batch, _ := messages(1)
	if err := publishAll(t, t.Context(), c, batch)[0]; !contains(err, "does not support retained messages") {
		t.Error(err)
	}
}

func TestOldVersionCarriesNoProperties(t *testing.T) {
	f := new(fake)
	c := mustDial(t, Options{Address: f.start(t), Version: wire.V311})
	err := publishAll(t, t.Context(), c, []mqtt.Message{{Topic: "a", Payload: []byte("x"), ContentType: "text/plain"}})[0]
	if !contains(err, "MQTT 3.1.1 cannot carry content_type") {
		t.Error(err)
	}
}

// TestDroppedMessages reads from a broker that loses some messages, as mosquitto does when its
// queue is full.
func TestDroppedMessages(t *testing.T) {
	f := &fake{dropEvery: 50}
	c := mustDial(t, Options{Address: f.start(t), Quiet: 20 * time.Millisecond})
	batch, topics := messages(2000)
	publishAll(t, t.Context(), c, batch)
	seen, err := c.Read(t.Context(), append(topics, "absent"))
	if err != nil || len(seen.Live) != len(batch) || len(seen.Unread) != 0 {
		t.Errorf("%d live, %d unread, %v", len(seen.Live), len(seen.Unread), err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.dropped) < 30 {
		t.Errorf("only %d were dropped", len(f.dropped))
	}
}

// TestLateMessages reads from a broker whose PINGRESP overtakes retained messages, as on aedes and
// EMQX: once that was seen, only a long silence makes a topic absent.
func TestLateMessages(t *testing.T) {
	f := &fake{late: 15 * time.Millisecond}
	c := mustDial(t, Options{Address: f.start(t), Quiet: 30 * time.Millisecond, LateQuiet: 400 * time.Millisecond})
	batch, topics := messages(10)
	publishAll(t, t.Context(), c, batch)
	var asked []string
	for i, topic := range topics {
		asked = append(asked, topic, fmt.Sprintf("absent/%d", i))
	}
	seen, err := c.Read(t.Context(), asked)
	if err != nil || len(seen.Live) != len(batch) || len(seen.Unread) != 0 {
		t.Errorf("%d live, %v unread, %v", len(seen.Live), seen.Unread, err)
	}
}

// TestNothingMissing checks that a late message ends the wait for it: the long quiet period is only
// for topics that are still missing.
func TestNothingMissing(t *testing.T) {
	f := &fake{late: 15 * time.Millisecond}
	c := mustDial(t, Options{Address: f.start(t), Quiet: 5 * time.Second, LateQuiet: time.Minute})
	batch, topics := messages(5)
	publishAll(t, t.Context(), c, batch)
	begin := time.Now()
	if seen, err := c.Read(t.Context(), topics); err != nil || len(seen.Live) != len(batch) {
		t.Errorf("%d live, %v", len(seen.Live), err)
	}
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("it took %s, though nothing was missing", took)
	}
}

// TestPatience checks that a trusted broker needs no quiet period, and that a late message ends the
// trust.
func TestPatience(t *testing.T) {
	t.Run("deserved", func(t *testing.T) {
		f := new(fake)
		c := mustDial(t, Options{Address: f.start(t), Quiet: time.Hour})
		c.Patience(-1, 0)
		if seen, err := c.Read(t.Context(), []string{"absent"}); err != nil || len(seen.Live)+len(seen.Unread) != 0 {
			t.Errorf("%+v, %v", seen, err)
		}
	})
	t.Run("not deserved", func(t *testing.T) {
		f := &fake{late: 100 * time.Microsecond}
		c := mustDial(t, Options{Address: f.start(t), LateQuiet: 400 * time.Millisecond})
		c.Patience(-1, 0)
		batch, topics := messages(2000)
		publishAll(t, t.Context(), c, batch)
		if seen, err := c.Read(t.Context(), topics); err != nil || len(seen.Live) != len(batch) {
			t.Errorf("%d live, %v", len(seen.Live), err)
		}
	})
}

func TestReadTellsRetainedFromLive(t *testing.T) {
	f := &fake{deny: "denied", upgrade: 1, noise: []mqtt.Message{{Topic: "gone", Payload: []byte("live")}, {Topic: "other", Payload: []byte("live")}}}
	c := mustDial(t, Options{Address: f.start(t), Quiet: 20 * time.Millisecond})
	publishAll(t, t.Context(), c, []mqtt.Message{{Topic: "there", Payload: []byte("x")}})
	seen, err := c.Read(t.Context(), []string{"there", "gone", "denied", "there"})
	if err != nil || len(seen.Live) != 1 || string(seen.Live["there"].Payload) != "x" {
		t.Errorf("%+v, %v", seen, err)
	}
	if len(seen.Unread) != 1 || !contains(seen.Unread["denied"], "not authorized (0x87)") {
		t.Errorf("unread: %v", seen.Unread)
	}
	c.Close()
	if f.got(wire.PUBACK) == 0 {
		t.Error("a retained message of QoS 1 was not acknowledged")
	}
}

// TestClosesAtAnyPacket cuts the connection after every packet in turn: each message and each topic
// has an outcome, or an error that says why not.
func TestClosesAtAnyPacket(t *testing.T) {
	batch, topics := messages(30)
	for n := 2; n < 60; n++ {
		f := &fake{closeAfter: n, connack: wire.Connack{ReceiveMaximum: 5}}
		c := mustDial(t, Options{Address: f.start(t), Quiet: time.Millisecond})
		failed := 0
		for i, err := range publishAll(t, t.Context(), c, batch) {
			if err != nil {
				failed++
				if !contains(err, "closed the connection") {
					t.Fatalf("closed after %d packets, message %d: %v", n, i, err)
				}
			} else if !f.holds(topics[i]) {
				t.Fatalf("closed after %d packets, message %d is not there", n, i)
			}
		}
		seen, err := c.Read(t.Context(), topics)
		if err != nil || len(seen.Live)+len(seen.Unread) != len(topics) {
			t.Fatalf("closed after %d packets: %d live, %d unread, %v", n, len(seen.Live), len(seen.Unread), err)
		}
		if failed == 0 && len(seen.Unread) == 0 {
			break // the connection was served to the end
		}
	}
}

func TestNeverAnswers(t *testing.T) {
	o := Options{Timeout: 100 * time.Millisecond}
	t.Run("connect", func(t *testing.T) {
		f := &fake{silentAfter: -1}
		o.Address = f.start(t)
		if _, err := Dial(t.Context(), o); !contains(err, "did not answer CONNECT within 100ms") {
			t.Error(err)
		}
	})
	t.Run("publish", func(t *testing.T) {
		f := &fake{silentAfter: 1}
		o.Address = f.start(t)
		batch, _ := messages(3)
		for _, err := range publishAll(t, t.Context(), mustDial(t, o), batch) {
			if !contains(err, "no acknowledgement of a publish came within 100ms") {
				t.Error(err)
			}
		}
	})
	t.Run("read", func(t *testing.T) {
		f := &fake{silentAfter: 1}
		o.Address = f.start(t)
		seen, err := mustDial(t, o).Read(t.Context(), []string{"a", "b"})
		if err != nil || len(seen.Unread) != 2 || !contains(seen.Unread["a"], "no SUBACK or PINGRESP came within 100ms") {
			t.Errorf("%+v, %v", seen, err)
		}
	})
	t.Run("cancelled publish", func(t *testing.T) {
		f := &fake{silentAfter: 1, connack: wire.Connack{ReceiveMaximum: 1}}
		o.Address = f.start(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		batch, _ := messages(3)
		for _, err := range publishAll(t, ctx, mustDial(t, o), batch) {
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	})
	t.Run("cancelled read", func(t *testing.T) {
		f := &fake{silentAfter: 1}
		o.Address, o.Timeout = f.start(t), time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := mustDial(t, o).Read(ctx, []string{"a"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

func TestDialErrors(t *testing.T) {
	refusing := func(code wire.ReasonCode, reason string) string {
		return (&fake{connack: wire.Connack{ReasonCode: code, ReasonString: reason}}).start(t)
	}
	for _, test := range []struct {
		name, address string
		version       wire.Version
		want          string
	}{
		{"bad password", refusing(wire.BadUserNameOrPassword, "who?"), wire.V5, `refused the connection: bad user name or password (0x86): "who?"`},
		{"bad password, 3.1.1", refusing(wire.BadUserNameOrPassword, ""), wire.V311, "bad user name or password (0x86)"},
		{"old server", answering(t, "\x20\x02\x00\x01"), wire.V5, "unsupported protocol version (0x84)"},
		{"web server", answering(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), wire.V5, `no MQTT broker: it answers "HTTP/1.1 400 Bad Request\r\n\r\n"`},
		{"another packet", answering(t, "\xd0\x00"), wire.V5, "it is not a CONNACK"},
		{"nothing", answering(t, ""), wire.V5, "instead of answering CONNECT"},
		{"half a packet", answering(t, "\x20\x02\x00"), wire.V5, "instead of answering CONNECT"},
		{"nobody", "127.0.0.1:1", wire.V5, "connection refused (is the broker running, and is the port right?)"},
		{"no such host", "no.such.host.invalid:1883", wire.V5, "is the host name right,"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Dial(t.Context(), Options{Address: test.address, Version: test.version}); !contains(err, test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func TestServerDisconnects(t *testing.T) {
	for _, test := range []struct {
		goodbye, want string
		hungUp        bool
	}{
		{"", "closed the connection", true},
		{"\xe0\x02\x81\x00", "closed the connection: malformed packet (0x81)", true},
		{"\xe0\x02\x8b\x00", "closed the connection: server shutting down (0x8B)", true},
		{"\xe0\x02\x8e\x00", "closed the connection: session taken over (0x8E)", false},
	} {
		c := mustDial(t, Options{Address: answering(t, "\x20\x03\x00\x00\x00"+test.goodbye)})
		batch, _ := messages(1)
		if err := publishAll(t, t.Context(), c, batch)[0]; !contains(err, test.want) {
			t.Error(err)
		}
		if c.HungUp() != test.hungUp {
			t.Errorf("hung up: %v, after %v", c.HungUp(), c.Err())
		}
	}
}

func TestServerKeepAlive(t *testing.T) {
	f := &fake{connack: wire.Connack{ServerKeepAlive: new(uint16(1))}}
	c := mustDial(t, Options{Address: f.start(t)})
	for deadline := time.Now().Add(5 * time.Second); f.got(wire.PINGREQ) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no PINGREQ came in 5 s, with a Server Keep Alive of 1 s")
		}
	}
	if _, err := c.Read(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// TestBatchTopics checks that a broker's limits of topics in a packet and of subscriptions at a
// time are kept, as AWS IoT Core has them.
func TestBatchTopics(t *testing.T) {
	f := &fake{}
	c := mustDial(t, Options{Address: f.start(t), BatchTopics: 8, GroupTopics: 40, Quiet: time.Millisecond})
	batch, topics := messages(100)
	publishAll(t, t.Context(), c, batch[:50])
	seen, err := c.Read(t.Context(), topics)
	if err != nil || len(seen.Live) != 50 || len(seen.Unread) != 0 {
		t.Errorf("%d live, %d unread, %v", len(seen.Live), len(seen.Unread), err)
	}
	standing := map[string]bool{}
	for _, p := range f.seen {
		switch p := p.(type) {
		case *wire.Subscribe:
			for _, s := range p.Subscriptions {
				standing[s.Filter] = true
			}
			if len(p.Subscriptions) > 8 || len(standing) > 40 {
				t.Errorf("%d topics in a SUBSCRIBE, %d subscriptions", len(p.Subscriptions), len(standing))
			}
		case *wire.Unsubscribe:
			for _, filter := range p.Filters {
				delete(standing, filter)
			}
			if len(p.Filters) > 8 {
				t.Errorf("%d topics in an UNSUBSCRIBE", len(p.Filters))
			}
		}
	}
	if len(standing) != 0 {
		t.Errorf("%d subscriptions were left", len(standing))
	}
}

// TestDropEvery reads from a broker that loses every n-th message: topics are asked for again, as
// long as that shows further messages.
func TestDropEvery(t *testing.T) {
	f := &fake{dropEvery: 2}
	c := mustDial(t, Options{Address: f.start(t), Quiet: time.Millisecond})
	batch, topics := messages(5000)
	publishAll(t, t.Context(), c, batch)
	seen, err := c.Read(t.Context(), topics)
	if err != nil || len(seen.Live) != len(batch) || len(seen.Unread) != 0 {
		t.Errorf("%d live, %d unread, %v", len(seen.Live), len(seen.Unread), err)
	}
}

// TestScanDropped scans a broker that loses the PINGRESP of a scan and answers later PINGREQs,
// including those of the keep alive: none of these may pass for the lost one.
func TestScanDropped(t *testing.T) {
	for _, keepAlive := range []time.Duration{30 * time.Second, time.Second} {
		f := &fake{losePings: 1}
		c := mustDial(t, Options{Address: f.start(t), KeepAlive: keepAlive, Quiet: time.Millisecond})
		if _, err := c.Scan(t.Context(), []string{"t/1"}); !errors.Is(err, ErrDropped) {
			t.Errorf("keep alive %s: %v", keepAlive, err)
		}
	}
}

// TestScanRefused checks that the error contains the broker's reason for refusing a filter.
func TestScanRefused(t *testing.T) {
	f := &fake{deny: "t/1"}
	c := mustDial(t, Options{Address: f.start(t), Quiet: time.Millisecond})
	if _, err := c.Scan(t.Context(), []string{"t/1", "t/2"}); !contains(err, "not authorized (0x87)") {
		t.Error(err)
	}
}
