package brokertest

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/retainctl/retainctl/mqtt/wire"
)

// Passing is a packet on its way through the proxy.
type Passing struct {
	Connection int // number of the connection, from 1
	Number     int // number of the packet, from 1, on its connection in its direction
	ToBroker   bool
	Version    wire.Version // from the client's CONNECT
	Raw        []byte       // is passed on as the judge leaves it
}

// Type returns the type of the packet.
func (p *Passing) Type() wire.Type { return wire.Type(p.Raw[0] >> 4) }

// Decode returns the decoded packet, or nil if it breaks the protocol.
func (p *Passing) Decode() wire.Packet {
	packet, _ := wire.NewReader(bytes.NewReader(p.Raw), p.Version, 0).Next()
	return packet
}

// Verdict says what a proxy does with a packet.
type Verdict int

const (
	Pass  Verdict = iota
	Drop          // the packet is lost, and later ones pass
	Cut           // the connection ends before the packet
	Half          // the connection ends in the middle of the packet
	Reset         // as Cut, and both sides get a TCP reset
	Stall         // neither the packet nor later ones pass, and the connection stays open
)

// StartProxy starts a proxy in front of a broker until the test ends, and returns its address. It
// calls judge with every MQTT packet, one at a time, and follows the verdict.
func StartProxy(t testing.TB, broker string, judge func(*Passing) Verdict) (address string) {
	return startProxy(t, broker, readPacket, judge)
}

// StartPieceProxy is StartProxy for a protocol without packets. It passes pieces as they come.
func StartPieceProxy(t testing.TB, broker string, judge func(*Passing) Verdict) (address string) {
	return startProxy(t, broker, readPiece, judge)
}

// startProxy splits the streams into what read returns.
func startProxy(t testing.TB, broker string, read func(*bufio.Reader) ([]byte, error), judge func(*Passing) Verdict) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{broker: broker, read: read, judge: judge, open: map[net.Conn]bool{}}
	p.running.Go(func() { p.accept(l) })
	t.Cleanup(func() {
		l.Close()
		p.closeAll()
		p.running.Wait()
	})
	return l.Addr().String()
}

type proxy struct {
	broker  string
	read    func(*bufio.Reader) ([]byte, error)
	running sync.WaitGroup

	mu    sync.Mutex // guards the fields below
	judge func(*Passing) Verdict
	open  map[net.Conn]bool // nil after the end of the test
}

func (p *proxy) accept(l net.Listener) {
	for n := 1; ; n++ {
		client, err := l.Accept()
		if err != nil {
			return
		}
		broker, err := net.Dial("tcp", p.broker)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		if p.open == nil {
			client.Close()
			broker.Close()
		} else {
			p.open[client], p.open[broker] = true, true
		}
		p.mu.Unlock()
		w := &way{proxy: p, n: n, client: client, broker: broker}
		p.running.Go(func() { w.pass(broker, client, true) })
		p.running.Go(func() { w.pass(client, broker, false) })
	}
}

func (p *proxy) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.Close()
	}
	p.open = nil
}

// way is a connection of a client and the one to the broker.
type way struct {
	*proxy
	n              int
	client, broker net.Conn
	version        wire.Version // guarded by proxy.mu
}

// pass passes packets on until the stream ends, or a verdict ends it.
func (w *way) pass(to, from net.Conn, toBroker bool) {
	in := bufio.NewReaderSize(from, 64<<10)
	for n := 1; ; n++ {
		raw, err := w.read(in)
		if err != nil {
			w.close()
			return
		}
		verdict, out := w.ask(n, toBroker, raw)
		switch verdict {
		case Drop:
			continue
		case Reset:
			w.client.(*net.TCPConn).SetLinger(0)
			w.broker.(*net.TCPConn).SetLinger(0)
			fallthrough
		case Cut:
			w.close()
			return
		case Stall:
			io.Copy(io.Discard, in)
			return
		case Half:
			to.Write(out[:len(out)/2])
			w.close()
			return
		}
		if _, err := to.Write(out); err != nil {
			w.close()
			return
		}
	}
}

func (w *way) ask(n int, toBroker bool, raw []byte) (Verdict, []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &Passing{Connection: w.n, Number: n, ToBroker: toBroker, Version: w.version, Raw: raw}
	if toBroker && n == 1 {
		if hello, ok := p.Decode().(*wire.Connect); ok {
			w.version, p.Version = hello.Version, hello.Version
		}
	}
	return w.judge(p), p.Raw
}

func (w *way) close() {
	w.client.Close()
	w.broker.Close()
}

// readPacket reads the bytes of one packet (2.1).
func readPacket(r *bufio.Reader) ([]byte, error) {
	raw := make([]byte, 1, 5)
	var err error
	if raw[0], err = r.ReadByte(); err != nil {
		return nil, err
	}
	length := 0
	for i := range 4 {
		b, err := r.ReadByte()
		if err != nil {
			return nil, err
		}
		raw = append(raw, b)
		length |= int(b&127) << (7 * i)
		if b < 128 {
			break
		}
	}
	head := len(raw)
	raw = append(raw, make([]byte, length)...)
	_, err = io.ReadFull(r, raw[head:])
	return raw, err
}

// readPiece reads whatever has come, for a protocol without packets.
func readPiece(r *bufio.Reader) ([]byte, error) {
	if _, err := r.Peek(1); err != nil {
		return nil, err
	}
	raw, err := r.Peek(r.Buffered())
	raw = bytes.Clone(raw)
	r.Discard(len(raw))
	return raw, err
}
