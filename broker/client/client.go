// Package client is a small MQTT client for one purpose: to publish many
// retained messages quickly, and to read back many topics completely.
//
// General clients do neither well: they read more slowly than a broker writes,
// which makes brokers drop retained messages without a word, and they hand out
// one acknowledgement at a time. Here one goroutine does nothing but drain the
// socket, and every call works on a whole batch, pipelined as far as the broker
// allows.
//
// A connection that failed stays failed: the caller dials again.
package client

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"net"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// Options say whom to connect to, and how. Zero durations take their defaults.
type Options struct {
	Address   string                                      // host:port; names the broker in errors
	Dial      func(ctx context.Context) (net.Conn, error) // nil: TCP to Address
	TLS       *tls.Config                                 // nil: no TLS
	WebSocket string                                      // the path of a WebSocket; "": none
	Version   wire.Version                                // 0: MQTT 5
	ClientID  string                                      // "": one is made up
	Username  string
	Password  string
	KeepAlive time.Duration // default 30 s
	// Timeout bounds the dialing, and how long the broker may leave everything
	// that is in flight without an answer. Default 30 s.
	Timeout time.Duration
	// Quiet is how long nothing must have come before a topic is called absent,
	// because with some brokers a PINGRESP overtakes retained messages. Default
	// 300 ms.
	Quiet time.Duration
	// BatchTopics is how many topics a SUBSCRIBE or UNSUBSCRIBE asks for at most, and
	// GroupTopics how many subscriptions stand at once. Defaults 200 and
	// 10,000.
	BatchTopics, GroupTopics int
	// Pace is waited for before each message is published. Connections that share
	// it share the rate; nil sets none.
	Pace *rate.Limiter
	// LateQuiet takes the place of Quiet, for the rest of the connection, once the
	// broker was seen to do that; EMQX backs off for up to 10 s in the middle of a
	// delivery. Default 12 s.
	LateQuiet time.Duration
	// Window bounds what is published and not acknowledged yet, below what the
	// broker allows; 0 sets no bound.
	Window int

	chosenID bool // ClientID was given
}

func (o Options) withDefaults() Options {
	if o.Version == 0 {
		o.Version = wire.V5
	}
	if o.chosenID = o.ClientID != ""; !o.chosenID {
		o.ClientID = madeUpID()
	}
	if o.Dial == nil {
		address := o.Address
		o.Dial = func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		}
	}
	for _, d := range []struct {
		at    *time.Duration
		usual time.Duration
	}{
		{&o.KeepAlive, 30 * time.Second}, {&o.Timeout, 30 * time.Second},
		{&o.Quiet, 300 * time.Millisecond}, {&o.LateQuiet, 12 * time.Second},
	} {
		if *d.at <= 0 {
			*d.at = d.usual
		}
	}
	o.BatchTopics, o.GroupTopics = cmp.Or(o.BatchTopics, 200), cmp.Or(o.GroupTopics, 10_000)
	return o
}

// madeUpID is of the 23 letters and digits that every server must take
// (MQTT-3.1.3-5).
func madeUpID() string {
	var random [7]byte
	rand.Read(random[:])
	return "retainctl" + hex.EncodeToString(random[:])
}

// Client is one connection. Its calls are made one after another.
type Client struct {
	o       Options
	conn    net.Conn
	server  *wire.Connack
	inbox   inbox
	call    sync.Mutex    // held by Publish and Read
	out     sync.Mutex    // held while writing
	pings   uint64        // sent; guarded by out
	pongs   uint64        // taken from the inbox; guarded by call
	lastID  uint16        // of a SUBSCRIBE or UNSUBSCRIBE; guarded by call
	quiet   time.Duration // before a topic is called absent; guarded by call
	late    time.Duration // see Options.LateQuiet; guarded by call
	closing chan struct{}
	closed  sync.Once
	running sync.WaitGroup
}

// Dial connects and waits for the CONNACK.
func Dial(ctx context.Context, o Options) (*Client, error) {
	o = o.withDefaults()
	within, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	conn, err := connect(within, o)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, dialError(o, err)
	}
	c := &Client{o: o, conn: conn, quiet: o.Quiet, late: o.LateQuiet, closing: make(chan struct{})}
	c.inbox.wake = make(chan struct{}, 1)
	from := &heard{Reader: conn}
	r := wire.NewReader(from, o.Version, 0)
	stop := context.AfterFunc(within, func() { conn.SetDeadline(time.Unix(1, 0)) })
	c.server, err = c.handshake(r, from)
	if !stop() && err == nil {
		err = within.Err()
	}
	if err != nil {
		conn.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	c.running.Go(func() { c.drain(r) })
	c.running.Go(c.keepAlive)
	return c, nil
}

// handshake sends CONNECT and judges the answer.
func (c *Client) handshake(r *wire.Reader, from *heard) (*wire.Connack, error) {
	hello := &wire.Connect{
		Version: c.o.Version, CleanStart: true, ClientID: c.o.ClientID,
		KeepAlive: uint16(min(math.Ceil(c.o.KeepAlive.Seconds()), math.MaxUint16)),
		Username:  c.o.Username, Password: []byte(c.o.Password),
		// MQTT 3.1.1 has no password without a user name (MQTT-3.1.2-22).
		HasUsername: c.o.Version == wire.V311 && c.o.Password != "",
	}
	packet, err := wire.AppendPacket(nil, hello, c.o.Version)
	if err != nil {
		return nil, err
	}
	if _, err := c.conn.Write(packet); err != nil {
		return nil, handshakeError(c.o, from.first, err)
	}
	p, err := r.Next()
	if err != nil {
		return nil, handshakeError(c.o, from.first, err)
	}
	answer, ok := p.(*wire.Connack)
	if !ok {
		return nil, handshakeError(c.o, from.first, &wire.Error{Code: wire.ProtocolError, Packet: p.Kind(), Problem: "it is not a CONNACK", Rule: "MQTT-3.2.0-1"})
	}
	if answer.ReasonCode.Failed() {
		return nil, refusal(c.o, answer)
	}
	return answer, nil
}

// Server is what the broker said of itself and its limits.
func (c *Client) Server() *wire.Connack { return c.server }

// Version is the protocol version of the connection.
func (c *Client) Version() wire.Version { return c.o.Version }

// MaximumPacketSize is the longest packet that the broker takes, or 0.
func (c *Client) MaximumPacketSize() int { return int(c.server.MaximumPacketSize) }

// MaximumQoS is the highest QoS that the broker takes.
func (c *Client) MaximumQoS() mqtt.QoS {
	if c.server.MaximumQoS != nil {
		return *c.server.MaximumQoS
	}
	return 2
}

// Window is how many messages of QoS 1 and 2 the broker lets be in flight.
func (c *Client) Window() int { return c.window() }

// BatchTopics is how many topics a SUBSCRIBE asks for at most.
func (c *Client) BatchTopics() int { return c.o.BatchTopics }

// RoundTrip measures how long the broker takes to answer a PINGREQ.
func (c *Client) RoundTrip(ctx context.Context) (time.Duration, error) {
	c.call.Lock()
	defer c.call.Unlock()
	began := time.Now()
	r := newReading(c, 0)
	r.begin(nil)
	r.last = began
	ping, err := c.send(&wire.Pingreq{})
	if err != nil {
		return 0, err
	}
	err = r.until(ctx, "PINGRESP", func() bool { return c.pongs >= ping })
	return time.Since(began), err
}

// Err tells why the connection cannot be used any more, or nil.
func (c *Client) Err() error { return c.inbox.failure() }

// Close says goodbye and closes the connection.
func (c *Client) Close() error {
	if c.Err() == nil {
		_, _ = c.send(&wire.Disconnect{})
	}
	c.fail(errClosed)
	c.running.Wait()
	return nil
}

var errClosed = errors.New("the connection was closed")

// fail ends the connection for the reason that stands first.
func (c *Client) fail(err error) {
	c.inbox.end(err)
	c.closed.Do(func() {
		close(c.closing)
		c.conn.Close()
	})
}

// drain moves everything from the socket to the inbox, so that the broker never
// has to wait for what this program does with it.
func (c *Client) drain(r *wire.Reader) {
	for {
		p, err := r.Next()
		if err == nil {
			if bye, ok := p.(*wire.Disconnect); ok {
				err = farewell(c.o, bye)
			}
		} else {
			err = lostError(c.o, err)
		}
		if err != nil {
			c.fail(err)
			return
		}
		c.inbox.put(p)
	}
}

// keepAlive pings often enough for the broker (MQTT-3.1.2-20), which may have
// set its own interval (MQTT-3.2.2-21).
func (c *Client) keepAlive() {
	every := c.o.KeepAlive
	if s := c.server.ServerKeepAlive; s != nil {
		every = time.Duration(*s) * time.Second
	}
	if every <= 0 {
		return
	}
	tick := time.NewTicker(every / 2)
	defer tick.Stop()
	for {
		select {
		case <-c.closing:
			return
		case <-tick.C:
			if _, err := c.send(&wire.Pingreq{}); err != nil {
				return
			}
		}
	}
}

// send encodes and writes packets.
func (c *Client) send(packets ...wire.Packet) (ping uint64, err error) {
	var b []byte
	pings := 0
	for _, p := range packets {
		if b, err = wire.AppendPacket(b, p, c.o.Version); err != nil {
			return 0, err
		}
		if p.Kind() == wire.PINGREQ {
			pings++
		}
	}
	return c.write(b, pings)
}

// write sends encoded packets, the given number of PINGREQs among them, and
// gives the number of the last PINGREQ sent so far. Its PINGRESP is the one with
// which pongs reaches that number, since they are answered in order.
func (c *Client) write(b []byte, pings int) (ping uint64, err error) {
	c.out.Lock()
	defer c.out.Unlock()
	c.pings += uint64(pings)
	err = c.conn.SetWriteDeadline(time.Now().Add(c.o.Timeout))
	if err == nil {
		_, err = c.conn.Write(b)
	}
	if err != nil {
		c.fail(lostError(c.o, err))
		return 0, c.Err()
	}
	return c.pings, nil
}

// nextID returns a packet identifier for a SUBSCRIBE or UNSUBSCRIBE. They lie
// above those of Publish.
func (c *Client) nextID() uint16 {
	c.lastID++
	if c.lastID <= maxWindow {
		c.lastID = maxWindow + 1
	}
	return c.lastID
}

var _ io.Closer = (*Client)(nil)
