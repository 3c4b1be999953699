package server

import (
	"context"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// serve starts a broker on a free port, with a new store if o has none. The returned function stops
// it, and is called at the end of the test at the latest.
func serve(t *testing.T, o Options) (addr string, b *Broker, stop func()) {
	t.Helper()
	if o.Store == nil {
		st, err := store.Open(filepath.Join(t.TempDir(), "broker.db"), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		o.Store = st
	}
	if o.Log == nil {
		o.Log = t.Logf
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b = New(o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Serve(ctx, ln) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		b.Close()
	})
	t.Cleanup(stop)
	return ln.Addr().String(), b, stop
}

// client sends and receives packets. Its methods fail the test instead of returning errors.
type client struct {
	t    *testing.T
	conn net.Conn
	r    *wire.Reader
	v    wire.Version
	ack  *wire.Connack
}

func dial(t *testing.T, addr string, v wire.Version, c wire.Connect) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	cl := &client{t: t, conn: conn, r: wire.NewReader(conn, v, 0), v: v}
	c.Version, c.CleanStart = v, true
	cl.send(&c)
	cl.ack = receive[*wire.Connack](cl)
	return cl
}

func (c *client) send(packets ...wire.Packet) {
	c.t.Helper()
	var b []byte
	var err error
	for _, p := range packets {
		if b, err = wire.AppendPacket(b, p, c.v); err != nil {
			c.t.Fatal(err)
		}
	}
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

// receive reads and returns the next packet, which must be a T.
func receive[T wire.Packet](c *client) T {
	c.t.Helper()
	p, err := c.r.Next()
	if err != nil {
		c.t.Fatalf("waiting for a %T: %v", *new(T), err)
	}
	got, ok := p.(T)
	if !ok {
		c.t.Fatalf("waiting for a %T, got %#v", got, p)
	}
	return got
}

// gone checks that the server closed the connection, in MQTT 5 with the given code.
func (c *client) gone(code wire.ReasonCode) {
	c.t.Helper()
	if c.v == wire.V5 {
		if d := receive[*wire.Disconnect](c); d.ReasonCode != code {
			c.t.Errorf("disconnected with %s, want %s", d.ReasonCode, code)
		}
	}
	if p, err := c.r.Next(); err == nil {
		c.t.Errorf("still there: %#v", p)
	}
}

// publish publishes at QoS 1 and returns the code of the PUBACK.
func (c *client) publish(m mqtt.Message) wire.ReasonCode {
	c.t.Helper()
	m.QoS = 1
	c.send(&wire.Publish{Message: m, Retain: true, PacketID: 7})
	return receive[*wire.Ack](c).ReasonCode
}

// subscribe subscribes and returns the codes of the SUBACK.
func (c *client) subscribe(subs ...wire.Subscription) []wire.ReasonCode {
	c.t.Helper()
	c.send(&wire.Subscribe{PacketID: 9, Subscriptions: subs})
	return receive[*wire.Suback](c).ReasonCodes
}

// retained subscribes at QoS 0 and returns the retained messages that the filter gets, by topic:
// those before the PINGRESP, which comes after them.
func (c *client) retained(filter string) map[string]*wire.Publish {
	c.t.Helper()
	c.send(&wire.Subscribe{PacketID: 9, Subscriptions: []wire.Subscription{{Filter: filter}}}, &wire.Pingreq{})
	receive[*wire.Suback](c)
	got := map[string]*wire.Publish{}
	for {
		p, err := c.r.Next()
		if err != nil {
			c.t.Fatal(err)
		}
		if _, end := p.(*wire.Pingresp); end {
			return got
		}
		m := p.(*wire.Publish)
		if got[m.Message.Topic] != nil {
			c.t.Errorf("%s came twice", m.Message.Topic)
		}
		got[m.Message.Topic] = m
	}
}

func text(topic, payload string) mqtt.Message {
	return mqtt.Message{Topic: topic, Payload: []byte(payload)}
}

func versions(t *testing.T, test func(t *testing.T, v wire.Version)) {
	for _, v := range []wire.Version{wire.V311, wire.V5} {
		t.Run(v.String(), func(t *testing.T) { test(t, v) })
	}
}
