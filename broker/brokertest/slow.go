package brokertest

import (
	"io"
	"net"
	"time"
)

// SlowLink accepts connections in front of a server and passes on slowly what the server sends,
// with small buffers, so that the limits of the server's queue show. It ends with the listener.
func SlowLink(address string, pause time.Duration) (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", address)
			if err != nil {
				here.Close()
				return
			}
			_ = there.(*net.TCPConn).SetReadBuffer(32 << 10)
			go func() {
				_, _ = io.Copy(there, here)
				there.Close()
			}()
			go trickle(here, there, pause)
		}
	}()
	return l, nil
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
