package client

import (
	"net"
	"syscall"
)

// quickConn acknowledges at once what it reads. Mosquitto and other brokers leave Nagle's algorithm
// on: their second small packet waits until the first is acknowledged, which a kernel with nothing
// to send delays by 40 ms, in every round.
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

// Read sets the option each time, because the kernel resets it. If setting it fails, that costs
// only time.
func (c *quickConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	_ = c.raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
	return n, err
}
