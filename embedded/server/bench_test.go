package server

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"testing"

	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// BenchmarkPublish publishes retained messages of 200 bytes at QoS 1 to different topics, which are
// stored on the disk. The client keeps the server's window full.
func BenchmarkPublish(b *testing.B) {
	r, conn := benchClient(b)
	m := mqtt.Message{QoS: 1, Payload: make([]byte, 200)}
	window := make(chan struct{}, defaultReceiveMaximum)
	done := make(chan error, 1)
	b.ResetTimer()
	go func() {
		for range b.N {
			if _, err := r.Next(); err != nil {
				done <- err
				return
			}
			<-window
		}
		done <- nil
	}()
	w := bufio.NewWriterSize(conn, 64<<10)
	var buf []byte
	for i := range b.N {
		select {
		case window <- struct{}{}:
		default:
			w.Flush()
			window <- struct{}{}
		}
		m.Topic = fmt.Sprintf("b/%03d/dev%06d/config", i%1000, i)
		buf, _ = wire.AppendPacket(buf[:0], &wire.Publish{Message: m, Retain: true, PacketID: uint16(i%65535 + 1)}, wire.V5)
		w.Write(buf)
	}
	w.Flush()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
}

// BenchmarkFetch reads 100,000 of them by a wildcard.
func BenchmarkFetch(b *testing.B) {
	const n = 100_000
	var batch []mqtt.Message
	for i := range n {
		batch = append(batch, mqtt.Message{Topic: fmt.Sprintf("b/%03d/dev%06d/config", i%1000, i), QoS: 1, Payload: make([]byte, 200)})
	}
	r, conn := benchClient(b, batch...)
	ask, _ := wire.AppendPacket(nil, &wire.Subscribe{PacketID: 1, Subscriptions: []wire.Subscription{{Filter: "b/#"}}}, wire.V5)
	ask, _ = wire.AppendPacket(ask, &wire.Pingreq{}, wire.V5)
	for b.Loop() {
		conn.Write(ask)
		got := 0
		for {
			p, err := r.Next()
			if err != nil {
				b.Fatal(err)
			}
			if _, end := p.(*wire.Pingresp); end {
				break
			}
			got++
		}
		if got != n+1 {
			b.Fatalf("%d packets", got)
		}
	}
}

func benchClient(b *testing.B, batch ...mqtt.Message) (*wire.Reader, net.Conn) {
	st, err := store.Open(b.TempDir()+"/broker.db", store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := st.Put(batch); err != nil {
		b.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	br := New(Options{Store: st})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- br.Serve(ctx, ln) }()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close(); cancel(); <-ended; br.Close(); st.Close() })
	r := wire.NewReader(conn, wire.V5, 0)
	if err := writePacket(conn, &wire.Connect{Version: wire.V5, CleanStart: true}, wire.V5); err != nil {
		b.Fatal(err)
	}
	if _, err := r.Next(); err != nil {
		b.Fatal(err)
	}
	return r, conn
}
