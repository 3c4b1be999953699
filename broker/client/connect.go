package client

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

// connect makes the connection that carries the packets.
func connect(ctx context.Context, o Options) (net.Conn, error) {
	conn, err := o.Dial(ctx)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// The more the kernel buffers, the less the broker has to queue, and drop. It is no error
		// if it grants less.
		_ = tcp.SetReadBuffer(4 << 20)
		conn = quick(tcp)
	}
	if o.TLS != nil {
		secure := tls.Client(conn, o.TLS)
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		conn = secure
	}
	if o.WebSocket == "" {
		return conn, nil
	}
	over, err := upgrade(ctx, conn, o)
	if err != nil {
		conn.Close()
	}
	return over, err
}

// webSocketError reports a web server that does not accept WebSockets at the path.
type webSocketError struct {
	path, status string
	cause        error
}

func (e *webSocketError) Error() string {
	return fmt.Sprintf("the web server answered %q to a WebSocket at %s", e.status, e.path)
}

func (e *webSocketError) Unwrap() error { return e.cause }

// upgrade makes conn a WebSocket (6, MQTT-6.0.0-3). TLS is already set up below it, so the URL
// always says ws.
func upgrade(ctx context.Context, conn net.Conn, o Options) (net.Conn, error) {
	given := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}
	ws, response, err := websocket.Dial(ctx, "ws://"+o.Address+o.WebSocket, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: given, CheckRedirect: noRedirect}, Subprotocols: []string{"mqtt"},
	})
	if err != nil && response != nil {
		return nil, &webSocketError{o.WebSocket, o.said(response.Status), err}
	}
	if err != nil {
		return nil, err
	}
	// The connection outlives the context with which it was dialed.
	return &webSocket{websocket.NetConn(context.WithoutCancel(ctx), ws, websocket.MessageBinary), ws}, nil
}

// noRedirect prevents redirects, which would get the same connection.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// webSocket closes without waiting for the other side's agreement: the broker may have stopped
// answering.
type webSocket struct {
	net.Conn
	ws *websocket.Conn
}

func (w *webSocket) Close() error { return w.ws.CloseNow() }
