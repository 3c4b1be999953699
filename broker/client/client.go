// Package client is a small MQTT client for one purpose: to publish many retained messages quickly,
// and to read many topics completely.
//
// General clients do neither well: they read more slowly than a broker writes, which makes brokers
// silently drop retained messages, and they return one acknowledgement at a time. Here one
// goroutine does nothing but drain the socket, and every call works on a whole batch, pipelined as
// far as the broker allows.
//
// A failed connection stays failed: the caller dials again.
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

// Options say where and how to connect. Zero durations take their defaults.
type Options struct {
	Address   string                                      // host:port; names the broker in errors
	Dial      func(ctx context.Context) (net.Conn, error) // nil: TCP to Address
	TLS       *tls.Config                                 // nil: no TLS
	WebSocket string                                      // the path of a WebSocket; "": no WebSocket
	Version   wire.Version                                // 0: MQTT 5
	ClientID  string                                      // "": a random one
	Username  string
	Password  string
	KeepAlive time.Duration // default 30 s
	// Timeout bounds dialing, and how long the broker may leave everything in flight without an
	// answer. The default is 30 s.
	Timeout time.Duration
	// Quiet is how long nothing must arrive before a topic is called absent, because on some
	// brokers a PINGRESP overtakes retained messages. The default is 300 ms.
	Quiet time.Duration
	// BatchTopics is the most topics in a SUBSCRIBE or UNSUBSCRIBE, and GroupTopics the most
	// subscriptions at a time. The defaults are 200 and 10,000.
	BatchTopics, GroupTopics int
	// Pace limits the rate of publishes. Connections that share it share the rate; nil means no
	// limit.
	Pace *rate.Limiter
	// LateQuiet replaces Quiet for the rest of the connection once a PINGRESP was seen to overtake
	// a message; EMQX pauses for up to 10 s in the middle of a delivery. The default is 12 s.
	LateQuiet time.Duration
	// Window bounds the unacknowledged publishes, below what the broker allows; 0 sets no bound.
	Window int

	chosenID bool // whether ClientID was set
}

func (o Options) withDefaults() Options {
	if o.Version == 0 {
		o.Version = wire.V5
	}
	if o.chosenID = o.ClientID != ""; !o.chosenID {
		o.ClientID = randomID()
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

// randomID returns a random client identifier of the 23 letters and digits that every server must
// accept (MQTT-3.1.3-5).
func randomID() string {
	var random [7]byte
	rand.Read(random[:])
	return "retainctl" + hex.EncodeToString(random[:])
}

// Client is a connection. Its methods must not be called concurrently.
type Client struct {
	o       Options
	conn    net.Conn
	server  *wire.Connack
	inbox   inbox
	call    sync.Mutex    // held by Publish and Read
	out     sync.Mutex    // held while writing
	pings   uint64        // sent; guarded by out
	pongs   uint64        // removed from the inbox; guarded by call
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
	from := &recorder{Reader: conn}
	r := wire.NewReader(from, o.Version, longestPacket)
	r.SkipLongPublishes(longestPublish)
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

// handshake sends CONNECT and checks the answer.
func (c *Client) handshake(r *wire.Reader, from *recorder) (*wire.Connack, error) {
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

// Server returns the broker's CONNACK: what it says about itself and its limits.
func (c *Client) Server() *wire.Connack { return c.server }

// Version returns the protocol version of the connection.
func (c *Client) Version() wire.Version { return c.o.Version }

// MaximumPacketSize returns the length in bytes of the longest packet that the broker accepts, or 0
// if it sets no limit.
func (c *Client) MaximumPacketSize() int { return int(c.server.MaximumPacketSize) }

// MaximumQoS returns the highest QoS that the broker accepts.
func (c *Client) MaximumQoS() mqtt.QoS {
	if c.server.MaximumQoS != nil {
		return *c.server.MaximumQoS
	}
	return 2
}

// Window returns how many messages of QoS 1 and 2 may be in flight.
func (c *Client) Window() int { return c.window() }

// BatchTopics returns the most topics that a SUBSCRIBE asks for.
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

// Err returns why the connection cannot be used any more, or nil if it can.
func (c *Client) Err() error { return c.inbox.failure() }

// Close sends DISCONNECT and closes the connection.
func (c *Client) Close() error {
	if c.Err() == nil {
		_, _ = c.send(&wire.Disconnect{})
	}
	c.fail(errClosed)
	c.running.Wait()
	return nil
}

var errClosed = errors.New("the connection was closed")

// fail ends the connection. Only the first reason is kept.
func (c *Client) fail(err error) {
	c.inbox.end(err)
	c.closed.Do(func() {
		close(c.closing)
		c.conn.Close()
	})
}

// drain moves everything from the socket to the inbox, so that the broker never waits for this
// program to process it.
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
		if c.inbox.put(p, r.Size()) > inboxBytes {
			c.fail(floodError(c.o))
			return
		}
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

// write sends encoded packets, which contain the given number of PINGREQs, and returns the number
// of the last PINGREQ sent so far. PINGREQs are answered in order, so its PINGRESP is the one with
// which pongs reaches that number.
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

// ponged counts a PINGRESP, and reports whether it answers a PINGREQ. One that answers none proves
// nothing.
func (c *Client) ponged() bool {
	if c.pongs >= c.pinged() {
		return false
	}
	c.pongs++
	return true
}

// nextID returns a packet identifier for a SUBSCRIBE or UNSUBSCRIBE. They are above those of
// Publish.
func (c *Client) nextID() uint16 {
	c.lastID++
	if c.lastID <= maxWindow {
		c.lastID = maxWindow + 1
	}
	return c.lastID
}

var _ io.Closer = (*Client)(nil)
