package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/retainctl/retainctl/mqtt/wire"
)

const (
	defaultMaxPacket      = 16 << 20
	defaultReceiveMaximum = 4096
	// handshake is how long a client may take for its CONNECT (3.1.4).
	handshake = 10 * time.Second
	// farewell is how long a client may take to read the last packet.
	farewell = time.Second
	// acceptPause is the pause after a failed accept.
	acceptPause = 50 * time.Millisecond
)

// Serve accepts MQTT connections from ln until ctx is cancelled, and then tells every client that
// the server shuts down. It closes ln.
func (b *Broker) Serve(ctx context.Context, ln net.Listener) error {
	defer context.AfterFunc(ctx, func() { ln.Close() })()
	defer ln.Close()
	var connections sync.WaitGroup
	defer connections.Wait()
	for {
		conn, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept on %s: %w", ln.Addr(), err)
		case err != nil:
			// Usually too many open files, which is no reason to disconnect the other clients.
			b.log("accept on %s: %v", ln.Addr(), err)
			time.Sleep(acceptPause)
		default:
			connections.Go(func() { b.connection(ctx, conn) })
		}
	}
}

// connection serves a client from its CONNECT to its end.
func (b *Broker) connection(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	cut := context.AfterFunc(ctx, func() { conn.Close() })
	r := wire.NewReader(conn, 0, int(b.maxPacket()))
	conn.SetReadDeadline(time.Now().Add(handshake))
	p, err := r.Next()
	if err != nil {
		b.log("%s: no CONNECT: %v", conn.RemoteAddr(), err)
		var bad *wire.Error
		if errors.As(err, &bad) && bad.Code == wire.UnsupportedProtocolVersion {
			// In the format that every version understands (3.1.1 MQTT-3.1.2-2).
			writePacket(conn, &wire.Connack{ReasonCode: bad.Code}, wire.V311)
		}
		return
	}
	c := p.(*wire.Connect) // the Reader accepts no other first packet
	answer := b.answer(c)
	if answer.ReasonCode.Failed() {
		b.log("%s: CONNECT of %q answered with %s", conn.RemoteAddr(), c.ClientID, answer.ReasonCode)
		writePacket(conn, answer, c.Version)
		return
	}
	if c.ClientID == "" {
		c.ClientID = answer.AssignedClientID
	}
	// Registered before it is answered: a client that connects after the answer takes over.
	s := newSession(b, conn, c)
	s.out.ack(answer)
	cut()
	defer context.AfterFunc(ctx, func() { s.end(wire.ServerShuttingDown) })()
	s.run(r)
}

// writePacket writes the last packet of a connection that does not become a session.
func writePacket(conn net.Conn, p wire.Packet, v wire.Version) error {
	packet, err := wire.AppendPacket(nil, p, v)
	if err != nil {
		return err
	}
	conn.SetWriteDeadline(time.Now().Add(handshake))
	_, err = conn.Write(packet)
	return err
}

func (b *Broker) maxPacket() uint32 {
	if b.o.MaxPacket > 0 {
		return b.o.MaxPacket
	}
	return defaultMaxPacket
}

func (b *Broker) receiveMaximum() int {
	if n := b.o.Faults.ReceiveMaximum; n > 0 {
		return n
	}
	return defaultReceiveMaximum
}

// answer returns the CONNACK. Sessions do not outlive their connection, so none is ever present
// (MQTT-3.2.2-3), and a Session Expiry Interval is answered with zero (3.2.2.3.2).
func (b *Broker) answer(c *wire.Connect) *wire.Connack {
	a := &wire.Connack{
		ReceiveMaximum:    uint16(b.receiveMaximum()),
		MaximumPacketSize: b.maxPacket(),
		SharedUnavailable: true,
	}
	switch {
	case c.AuthMethod != "":
		return &wire.Connack{ReasonCode: wire.BadAuthenticationMethod}
	case !b.admits(c.Username, c.Password):
		return &wire.Connack{ReasonCode: wire.BadUserNameOrPassword}
	case c.ClientID == "" && c.Version == wire.V311 && !c.CleanStart:
		return &wire.Connack{ReasonCode: wire.ClientIDNotValid} // 3.1.1 MQTT-3.1.3-8
	case c.ClientID == "":
		a.AssignedClientID = "auto-" + rand.Text()
	}
	if c.SessionExpiry > 0 {
		a.SessionExpiry = new(uint32)
	}
	return a
}
