package server

import (
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// FuzzSession sends arbitrary bytes after a CONNECT. Only that connection may end: another client
// still gets an answer.
func FuzzSession(f *testing.F) {
	st, err := store.Open(filepath.Join(f.TempDir(), "b.db"), store.Options{})
	if err != nil {
		f.Fatal(err)
	}
	b := New(Options{Store: st, Quota: 50, MaxPacket: 1 << 16})
	f.Cleanup(func() { b.Close(); st.Close() })
	two := mqtt.Message{Topic: "a", QoS: 2, Payload: []byte("1")}
	for _, v := range []wire.Version{wire.V311, wire.V5} {
		f.Add(v == wire.V5, packets(f, v,
			&wire.Subscribe{PacketID: 1, Subscriptions: []wire.Subscription{{Filter: "#", QoS: 2}}},
			&wire.Publish{Message: two, PacketID: 1, Retain: true}, &wire.Publish{Message: two, PacketID: 1, Dup: true, Retain: true},
			&wire.Ack{Type: wire.PUBREL, PacketID: 1}, &wire.Ack{Type: wire.PUBREC, PacketID: 1}, &wire.Ack{Type: wire.PUBCOMP, PacketID: 1},
			&wire.Unsubscribe{PacketID: 2, Filters: []string{"#"}}, &wire.Pingreq{}, &wire.Disconnect{}))
		f.Add(v == wire.V5, packets(f, v, &wire.Ack{Type: wire.PUBREC, PacketID: 9}, &wire.Ack{Type: wire.PUBREL, PacketID: 9}, &wire.Connack{}))
	}
	f.Fuzz(func(t *testing.T, five bool, rest []byte) {
		v := wire.V311
		if five {
			v = wire.V5
		}
		here, there := net.Pipe()
		go io.Copy(io.Discard, here)
		ended := make(chan struct{})
		go func() { b.connection(t.Context(), there); close(ended) }()
		here.SetWriteDeadline(time.Now().Add(5 * time.Second))
		here.Write(packets(t, v, &wire.Connect{Version: v, CleanStart: true, Will: &wire.Will{Message: text("w", "x"), Retain: true}}))
		here.Write(rest)
		here.Close()
		<-ended
		if err := b.Publish(t.Context(), text("still/there", "1"), false); err != nil {
			t.Fatal(err)
		}
	})
}

func packets(tb testing.TB, v wire.Version, packets ...wire.Packet) []byte {
	tb.Helper()
	var b []byte
	for _, p := range packets {
		var err error
		if b, err = wire.AppendPacket(b, p, v); err != nil {
			tb.Fatal(err)
		}
	}
	return b
}

// FuzzToken parses arbitrary text as a list's token: the result is an error, or a topic that
// encodes to the same text.
func FuzzToken(f *testing.F) {
	f.Add("")
	f.Add("c2l0ZS9h")
	f.Add("_w==")
	f.Fuzz(func(t *testing.T, s string) {
		topic, err := parseToken(s)
		if err == nil && (topic == "" || !utf8.ValidString(topic)) {
			t.Errorf("%q is the topic %q", s, topic)
		}
	})
}
