package brokertest

import (
	"io"
	"net"
	"time"
)

// SlowLink accepts connections in front of a server and passes on slowly what the server sends,
// with small buffers, so that the limits of the server's queue show. It ends with the listener.
func SlowLink(address string, pause time.Duration) (net.Listener, error) {
	return Link(address, func(here, there net.Conn) {
		_ = there.(*net.TCPConn).SetReadBuffer(32 << 10)
		go func() {
			_, _ = io.Copy(there, here)
			there.Close()
		}()
		go trickle(here, there, pause)
	})
}

// Link listens for clients of a server and opens a connection to it for each of them.
// Pass starts the goroutines that copy between the two, and returns. It is not called again
// once the listener is closed.
func Link(address string, pass func(here, there net.Conn)) (net.Listener, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &link{listener, make(chan struct{})}
	go func() {
		defer close(l.ended)
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", address)
			if err != nil {
				here.Close()
				continue
			}
			pass(here, there)
		}
	}()
	return l, nil
}

// link is a listener with the end of those who accept on it.
type link struct {
	net.Listener
	ended chan struct{}
}

func (l *link) Close() error {
	err := l.Listener.Close()
	<-l.ended
	return err
}

func trickle(to, from net.Conn, pause time.Duration) {
	defer to.Close()
	for {
		if _, err := io.CopyN(to, from, 32<<10); err != nil {
			return
		}
		time.Sleep(pause)
	}
}
