package client

import (
	"net"
	"syscall"
)

// quickConn acknowledges at once what it reads. Mosquitto and other brokers leave
// Nagle's algorithm on: their second small packet waits until the first is
// acknowledged, and a kernel that has nothing to send puts that off for 40 ms,
// once at every turn.
type quickConn struct {
	net.Conn
	raw syscall.RawConn
}

func quick(tcp *net.TCPConn) net.Conn {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return tcp
	}
	return &quickConn{tcp, raw}
}

// Read asks for it again each time, because the kernel forgets. That it does not
// heed it costs time only.
func (c *quickConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	_ = c.raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
	return n, err
}
