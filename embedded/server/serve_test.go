package server

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// fullListener fails at first, like a listener of a process that has too many files open.
type fullListener struct {
	net.Listener
	failed atomic.Bool
}

func (l *fullListener) Accept() (net.Conn, error) {
	if l.failed.CompareAndSwap(false, true) {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

func TestTooManyOpenFiles(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "broker.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	full := &fullListener{Listener: ln}
	b := New(Options{Store: st, Log: t.Logf})
	defer b.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Serve(ctx, full) }()
	if a := dial(t, ln.Addr().String(), wire.V5, wire.Connect{}).ack; a.ReasonCode != 0 || !full.failed.Load() {
		t.Errorf("CONNACK %v, failed before: %v", a.ReasonCode, full.failed.Load())
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestTakeOverInOrder checks that of two clients with one name the one that connected later stays,
// even if it connected right after the first one's CONNACK.
func TestTakeOverInOrder(t *testing.T) {
	addr, _, _ := serve(t, Options{Log: func(string, ...any) {}})
	for i := range 16 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			for n := range 50 {
				id := wire.Connect{ClientID: fmt.Sprintf("%d-%d", i, n)}
				first := dial(t, addr, wire.V5, id)
				second := dial(t, addr, wire.V5, id)
				if d, ok := firstPacket(first); !ok || d.ReasonCode != wire.SessionTakenOver {
					t.Fatalf("the first got %+v", d)
				}
				first.conn.Close()
				second.conn.Close()
			}
		})
	}
}

func firstPacket(c *client) (*wire.Disconnect, bool) {
	c.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	p, _ := c.r.Next()
	d, ok := p.(*wire.Disconnect)
	return d, ok
}
