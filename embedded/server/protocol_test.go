package server

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

func TestConnack(t *testing.T) {
	addr, _, _ := serve(t, Options{MaxPacket: 1000})
	five := dial(t, addr, wire.V5, wire.Connect{SessionExpiry: 60})
	a := five.ack
	if a.ReasonCode != 0 || a.SessionPresent || a.SessionExpiry == nil || *a.SessionExpiry != 0 || a.AssignedClientID == "" ||
		a.MaximumPacketSize != 1000 || a.ReceiveMaximum != defaultReceiveMaximum || a.TopicAliasMaximum != 0 || !a.SharedUnavailable {
		t.Errorf("%+v", a)
	}
	if a := dial(t, addr, wire.V311, wire.Connect{ClientID: "x"}).ack; a.ReasonCode != 0 || a.SessionPresent {
		t.Errorf("%+v", a)
	}
}

func TestCredentials(t *testing.T) {
	addr, _, _ := serve(t, Options{Username: "u", Password: "p"})
	versions(t, func(t *testing.T, v wire.Version) {
		if a := dial(t, addr, v, wire.Connect{ClientID: "x", Username: "u", Password: []byte("p")}).ack; a.ReasonCode != 0 {
			t.Error(a.ReasonCode)
		}
		for _, c := range []wire.Connect{{}, {Username: "u"}, {Username: "u", Password: []byte("q")}, {Username: "v", Password: []byte("p")}} {
			cl := dial(t, addr, v, c)
			if cl.ack.ReasonCode != wire.BadUserNameOrPassword {
				t.Error(cl.ack.ReasonCode)
			}
			if _, err := cl.r.Next(); err == nil {
				t.Error("still connected")
			}
		}
	})
}

// A client of MQTT 3.1 gets the CONNACK of its version, with return code 1.
func TestMQTT31(t *testing.T) {
	addr, _, _ := serve(t, Options{})
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.Write([]byte("\x10\x0f\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x01x"))
	got := make([]byte, 5)
	n, _ := conn.Read(got)
	if !bytes.Equal(got[:n], []byte{0x20, 2, 0, 1}) {
		t.Errorf("% x", got[:n])
	}
}

// Real brokers get these retained semantics wrong (mochi: "a/#" misses "a", "#" shows "$" topics;
// mochi and NanoMQ: No Local hides retained messages).
func TestRetainedMatching(t *testing.T) {
	addr, b, _ := serve(t, Options{})
	versions(t, func(t *testing.T, v wire.Version) {
		c := dial(t, addr, v, wire.Connect{})
		for _, topic := range []string{"a", "a/b", "a/b/c", "a//d", "/"} {
			if code := c.publish(text(topic, topic)); code != 0 {
				t.Fatal(code)
			}
		}
		b.store.Put([]mqtt.Message{text("$SYS/x", "1")})
		for filter, want := range map[string][]string{
			"a/#": {"a", "a//d", "a/b", "a/b/c"}, "#": {"/", "a", "a//d", "a/b", "a/b/c"},
			"+/b": {"a/b"}, "+/x": {}, "a": {"a"}, "a/+/d": {"a//d"}, "+/+": {"/", "a/b"}, "$SYS/#": {"$SYS/x"},
		} {
			got := c.retained(filter)
			if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, want) {
				t.Errorf("%s: %q, want %q", filter, names, want)
			}
			for _, p := range got {
				if !p.Retain || p.Message.QoS != 0 {
					t.Errorf("%+v", p)
				}
			}
		}
	})
}

func TestSubscriptionOptions(t *testing.T) {
	addr, _, _ := serve(t, Options{})
	c := dial(t, addr, wire.V5, wire.Connect{})
	c.publish(text("a", "1"))
	sent := func(s wire.Subscription) int {
		t.Helper()
		c.send(&wire.Subscribe{PacketID: 3, Subscriptions: []wire.Subscription{s}}, &wire.Pingreq{})
		receive[*wire.Suback](c)
		for n := 0; ; n++ {
			if p, err := c.r.Next(); err != nil {
				t.Fatal(err)
			} else if _, end := p.(*wire.Pingresp); end {
				return n
			}
		}
	}
	for _, test := range []struct {
		s    wire.Subscription
		want int
	}{
		{wire.Subscription{Filter: "a", RetainHandling: 2}, 0},
		{wire.Subscription{Filter: "a", RetainHandling: 1}, 0}, // not new
		{wire.Subscription{Filter: "a/#", RetainHandling: 1}, 1},
		{wire.Subscription{Filter: "a"}, 1},
		{wire.Subscription{Filter: "a", NoLocal: true}, 1},
	} {
		if got := sent(test.s); got != test.want {
			t.Errorf("%+v: %d messages, want %d", test.s, got, test.want)
		}
	}
	codes := c.subscribe(wire.Subscription{Filter: "$share/g/a"}, wire.Subscription{Filter: "b", QoS: 2})
	if !slices.Equal(codes, []wire.ReasonCode{wire.SharedNotSupported, wire.GrantedQoS2}) {
		t.Error(codes)
	}
	c.send(&wire.Unsubscribe{PacketID: 4, Filters: []string{"b", "none"}})
	if got := receive[*wire.Unsuback](c).ReasonCodes; !slices.Equal(got, []wire.ReasonCode{0, wire.NoSubscriptionExisted}) {
		t.Error(got)
	}
}

// Overlapping subscriptions get one copy, with the highest QoS, every identifier, and RETAIN only
// if requested; No Local gets none of the client's own.
func TestLiveDelivery(t *testing.T) {
	addr, _, _ := serve(t, Options{})
	c := dial(t, addr, wire.V5, wire.Connect{})
	c.send(&wire.Subscribe{PacketID: 1, SubscriptionID: 5, Subscriptions: []wire.Subscription{{Filter: "a/#"}}},
		&wire.Subscribe{PacketID: 2, SubscriptionID: 6, Subscriptions: []wire.Subscription{{Filter: "a/b", QoS: 2, RetainAsPublished: true}}},
		&wire.Subscribe{PacketID: 3, Subscriptions: []wire.Subscription{{Filter: "own", NoLocal: true}}})
	for range 3 {
		receive[*wire.Suback](c)
	}
	other := dial(t, addr, wire.V311, wire.Connect{})
	other.publish(text("a/b", "1"))
	p := receive[*wire.Publish](c)
	slices.Sort(p.SubscriptionIDs)
	if p.Message.QoS != 1 || !p.Retain || !slices.Equal(p.SubscriptionIDs, []uint32{5, 6}) {
		t.Errorf("%+v", p)
	}
	c.send(&wire.Ack{Type: wire.PUBACK, PacketID: p.PacketID})
	c.send(&wire.Publish{Message: text("own", "1")})
	other.publish(mqtt.Deletion("a/c", 1))
	p = receive[*wire.Publish](c)
	if p.Message.Topic != "a/c" || p.Retain || len(p.Message.Payload) != 0 {
		t.Errorf("%+v", p)
	}
}

func TestPropertiesAreUnaltered(t *testing.T) {
	addr, _, _ := serve(t, Options{})
	m := mqtt.Message{
		Topic: "p", Payload: []byte("\x00\xff"), QoS: 1, PayloadFormat: mqtt.UTF8Data, ContentType: "c", ResponseTopic: "r",
		CorrelationData: []byte{0, 1}, UserProperties: []mqtt.UserProperty{{Name: "b", Value: "1"}, {}, {Name: "a", Value: "2"}, {Name: "b", Value: "1"}},
	}
	c := dial(t, addr, wire.V5, wire.Connect{})
	c.publish(m)
	m.QoS = 0
	if diff := cmp.Diff(m, c.retained("p")["p"].Message); diff != "" {
		t.Error(diff)
	}
	old := dial(t, addr, wire.V311, wire.Connect{})
	if diff := cmp.Diff(text("p", "\x00\xff"), old.retained("p")["p"].Message); diff != "" {
		t.Error(diff)
	}
}

// A QoS 2 message is stored once, however often it is sent again, and deletes work at every QoS.
func TestQoS2(t *testing.T) {
	versions(t, func(t *testing.T, v wire.Version) {
		addr, _, _ := serve(t, Options{})
		c := dial(t, addr, v, wire.Connect{})
		watch := dial(t, addr, v, wire.Connect{})
		watch.subscribe(wire.Subscription{Filter: "a", QoS: 2})
		p := &wire.Publish{Message: text("a", "1"), PacketID: 4, Retain: true}
		p.Message.QoS = 2
		again := *p
		again.Dup = true
		expect := func(kind wire.Type) {
			t.Helper()
			if a := receive[*wire.Ack](c); a.Type != kind || a.PacketID != 4 || a.ReasonCode != 0 {
				t.Fatalf("%+v, want %s", a, kind)
			}
		}
		c.send(p)
		expect(wire.PUBREC)
		c.send(&again)
		expect(wire.PUBREC)
		c.send(&wire.Ack{Type: wire.PUBREL, PacketID: 4})
		expect(wire.PUBCOMP)

		got := receive[*wire.Publish](watch)
		if got.Message.QoS != 2 || got.Retain {
			t.Errorf("%+v", got)
		}
		watch.send(&wire.Ack{Type: wire.PUBREC, PacketID: got.PacketID})
		if rel := receive[*wire.Ack](watch); rel.Type != wire.PUBREL || rel.PacketID != got.PacketID {
			t.Errorf("%+v", rel)
		}
		watch.send(&wire.Ack{Type: wire.PUBCOMP, PacketID: got.PacketID}, &wire.Pingreq{})
		receive[*wire.Pingresp](watch) // and no second copy before it

		// QoS 0 is not acknowledged, but the client sees the effect.
		c.send(&wire.Publish{Message: mqtt.Deletion("a", 0), Retain: true})
		if left := c.retained("#"); len(left) != 0 {
			t.Errorf("%d left", len(left))
		}
	})
}

func TestRefusals(t *testing.T) {
	versions(t, func(t *testing.T, v wire.Version) {
		addr, b, _ := serve(t, Options{Deny: []string{"no/#"}, Quota: 2})
		c := dial(t, addr, v, wire.Connect{})
		for _, test := range []struct {
			m    mqtt.Message
			want wire.ReasonCode
		}{
			{text("no/x", "1"), wire.NotAuthorized},
			{text("no", "1"), wire.NotAuthorized},
			{text("$SYS/x", "1"), wire.NotAuthorized}, // acknowledged: mochi leaves its client hanging
			{text("a", "1"), wire.Success},
			{text("b", "1"), wire.Success},
			{text("c", "1"), wire.QuotaExceeded},
			{text("a", "2"), wire.Success}, // replaces
			{mqtt.Deletion("b", 1), wire.Success},
			{text("c", "1"), wire.Success},
		} {
			want := test.want
			if v == wire.V311 {
				want = wire.Success // the only answer that a PUBACK has there
			}
			if got := c.publish(test.m); got != want {
				t.Errorf("%s=%s: %s, want %s", test.m.Topic, test.m.Payload, got, want)
			}
		}
		if got := slices.Sorted(maps.Keys(c.retained("#"))); !slices.Equal(got, []string{"a", "c"}) {
			t.Errorf("%q", got)
		}
		if n, err := b.store.Count(); n != 2 || err != nil {
			t.Error(n, err)
		}
	})
}

func TestPublishRate(t *testing.T) {
	addr, _, _ := serve(t, Options{PublishRate: 1})
	c := dial(t, addr, wire.V5, wire.Connect{})
	if got := c.publish(text("a", "1")); got != 0 {
		t.Error(got)
	}
	if got := c.publish(text("a", "2")); got != wire.QuotaExceeded {
		t.Error(got)
	}
}

func TestProtocolErrors(t *testing.T) {
	addr, _, _ := serve(t, Options{MaxPacket: 1000, Faults: Faults{ReceiveMaximum: 2}})
	publish := func(id uint16) *wire.Publish {
		p := &wire.Publish{Message: text("a", "1"), PacketID: id}
		p.Message.QoS = 2
		return p
	}
	for name, test := range map[string]struct {
		send []wire.Packet
		want wire.ReasonCode
	}{
		"second CONNECT":  {[]wire.Packet{&wire.Connect{Version: wire.V5}}, wire.ProtocolError},
		"server's packet": {[]wire.Packet{&wire.Pingresp{}}, wire.ProtocolError},
		"AUTH":            {[]wire.Packet{&wire.Auth{}}, wire.ProtocolError},
		"topic alias":     {[]wire.Packet{&wire.Publish{Message: text("a", "1"), TopicAlias: 1}}, wire.TopicAliasInvalid},
		"too large":       {[]wire.Packet{&wire.Publish{Message: mqtt.Message{Topic: "a", Payload: make([]byte, 1000)}}}, wire.PacketTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, addr, wire.V5, wire.Connect{})
			c.send(test.send...)
			c.gone(test.want)
		})
	}
	t.Run("malformed", func(t *testing.T) {
		c := dial(t, addr, wire.V5, wire.Connect{})
		c.conn.Write([]byte{0x36, 0}) // QoS 3
		c.gone(wire.MalformedPacket)
	})
	t.Run("Receive Maximum", func(t *testing.T) {
		c := dial(t, addr, wire.V5, wire.Connect{})
		c.send(publish(1), publish(2))
		for range 2 {
			receive[*wire.Ack](c)
		}
		c.send(publish(3)) // no PUBREL yet: three in flight
		c.gone(wire.ReceiveMaximumExceeded)
	})
}

func TestTakeOverAndShutdown(t *testing.T) {
	versions(t, func(t *testing.T, v wire.Version) {
		addr, _, stop := serve(t, Options{})
		first := dial(t, addr, v, wire.Connect{ClientID: "same", Will: &wire.Will{Message: text("w", "gone"), Retain: true}})
		watch := dial(t, addr, v, wire.Connect{})
		watch.subscribe(wire.Subscription{Filter: "w"})
		second := dial(t, addr, v, wire.Connect{ClientID: "same"})
		first.gone(wire.SessionTakenOver)
		if p := receive[*wire.Publish](watch); string(p.Message.Payload) != "gone" {
			t.Errorf("%+v", p)
		}
		second.send(&wire.Pingreq{})
		receive[*wire.Pingresp](second)
		stopped := make(chan struct{})
		go func() { stop(); close(stopped) }()
		second.gone(wire.ServerShuttingDown)
		<-stopped
	})
}

func TestWillIsTakenBack(t *testing.T) {
	addr, b, stop := serve(t, Options{})
	c := dial(t, addr, wire.V5, wire.Connect{Will: &wire.Will{Message: text("w", "gone"), Retain: true}})
	c.send(&wire.Disconnect{})
	if p, err := c.r.Next(); err == nil {
		t.Errorf("%#v", p)
	}
	stop()
	if n, _ := b.store.Count(); n != 0 {
		t.Error("a will was published although the client disconnected")
	}
}

func TestKeepAlive(t *testing.T) {
	addr, _, _ := serve(t, Options{})
	c := dial(t, addr, wire.V5, wire.Connect{KeepAlive: 1})
	begin := time.Now()
	c.gone(wire.KeepAliveTimeout)
	if waited := time.Since(begin); waited < 1400*time.Millisecond {
		t.Errorf("closed after %v", waited)
	}
}

// A reader that is slower than the disk gets every message, also at QoS 1 with a window of one.
// mosquitto and mochi drop messages there.
func TestSlowReaderLosesNothing(t *testing.T) {
	addr, b, _ := serve(t, Options{Log: func(string, ...any) {}})
	const n = 20_000
	var batch []mqtt.Message
	for i := range n {
		batch = append(batch, mqtt.Message{Topic: fmt.Sprintf("s/%05d", i), QoS: 1, Payload: make([]byte, 1000)})
	}
	if err := b.store.Put(batch); err != nil {
		t.Fatal(err)
	}
	c := dial(t, addr, wire.V5, wire.Connect{})
	// Nothing is read yet: publishing continues while the reader is behind.
	c.send(&wire.Subscribe{PacketID: 1, Subscriptions: []wire.Subscription{{Filter: "#"}}}, &wire.Pingreq{})
	other := dial(t, addr, wire.V5, wire.Connect{})
	if code := other.publish(text("s/00000", "newer")); code != 0 {
		t.Fatal(code)
	}
	receive[*wire.Suback](c)
	seen := map[string]bool{}
	var last string
	for {
		p, err := c.r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if m, ok := p.(*wire.Publish); ok {
			seen[m.Message.Topic] = true
			if m.Message.Topic == "s/00000" {
				last = string(m.Message.Payload)
			}
		} else if len(seen) != n {
			t.Fatalf("the PINGRESP came after %d messages", len(seen))
		} else {
			break
		}
	}
	if last != "newer" {
		if p := receive[*wire.Publish](c); string(p.Message.Payload) != "newer" {
			t.Errorf("the newest message came before an older one")
		}
	}
}

func TestReceiveMaximumOfTheClient(t *testing.T) {
	addr, b, _ := serve(t, Options{})
	for i := range 5 {
		b.Publish(t.Context(), mqtt.Message{Topic: fmt.Sprint("r/", i), QoS: 1, Payload: []byte("x")}, true)
	}
	c := dial(t, addr, wire.V5, wire.Connect{ReceiveMaximum: 2})
	c.subscribe(wire.Subscription{Filter: "r/#", QoS: 1})
	first := receive[*wire.Publish](c)
	second := receive[*wire.Publish](c)
	// A PUBREL for an unknown identifier is answered at once: a third message would come before
	// that.
	c.send(&wire.Ack{Type: wire.PUBREL, PacketID: 1})
	if a := receive[*wire.Ack](c); a.Type != wire.PUBCOMP || a.ReasonCode != wire.PacketIDNotFound {
		t.Errorf("%+v", a)
	}
	c.send(&wire.Ack{Type: wire.PUBACK, PacketID: second.PacketID}, &wire.Ack{Type: wire.PUBACK, PacketID: first.PacketID})
	for range 2 {
		c.send(&wire.Ack{Type: wire.PUBACK, PacketID: receive[*wire.Publish](c).PacketID})
	}
	receive[*wire.Publish](c)
}

// Expiry continues across a restart, and payload format and the other fields survive it (mochi
// loses both).
func TestRestart(t *testing.T) {
	path := t.TempDir() + "/broker.db"
	now := time.Now()
	opened := func() *store.Store {
		st, err := store.Open(path, store.Options{Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	st := opened()
	addr, _, stop := serve(t, Options{Store: st})
	c := dial(t, addr, wire.V5, wire.Connect{})
	c.publish(mqtt.Message{Topic: "a", Payload: []byte("1"), Expiry: 10, PayloadFormat: mqtt.UTF8Data})
	c.publish(mqtt.Message{Topic: "b", Payload: []byte("1"), Expiry: 3})
	stop()
	st.Close()
	now = now.Add(3 * time.Second)
	st = opened()
	defer st.Close()
	addr, _, stop = serve(t, Options{Store: st})
	defer stop()
	got := dial(t, addr, wire.V5, wire.Connect{}).retained("#")
	if len(got) != 1 || got["a"] == nil || got["a"].Message.Expiry != 7 || got["a"].Message.PayloadFormat != mqtt.UTF8Data {
		t.Errorf("%+v", got["a"])
	}
}

func TestFaults(t *testing.T) {
	stored := func(b *Broker) {
		for i := range 10 {
			if err := b.Publish(t.Context(), text(fmt.Sprint("f/", i), "x"), true); err != nil {
				t.Fatal(err)
			}
		}
	}
	count := func(f Faults, filter string) int {
		addr, b, _ := serve(t, Options{Faults: f})
		stored(b)
		return len(dial(t, addr, wire.V5, wire.Connect{}).retained(filter))
	}
	for _, test := range []struct {
		name   string
		f      Faults
		filter string
		want   int
	}{
		{"none", Faults{}, "f/#", 10},
		{"drop", Faults{DropEvery: 5}, "f/#", 8},
		{"truncate", Faults{TruncateWildcard: 3}, "f/#", 3},
		{"no wildcard", Faults{TruncateWildcard: -1}, "f/#", 0},
		{"exact", Faults{TruncateWildcard: -1}, "f/1", 1},
		{"unstored", Faults{AckUnstored: true}, "f/#", 0},
	} {
		if got := count(test.f, test.filter); got != test.want {
			t.Errorf("%s: %d messages, want %d", test.name, got, test.want)
		}
	}
	addr, _, _ := serve(t, Options{Deny: []string{"d"}, Faults: Faults{AckDenied: true, CloseAfter: 3}})
	c := dial(t, addr, wire.V5, wire.Connect{})
	if code := c.publish(text("d", "1")); code != 0 {
		t.Error(code)
	}
	if got := c.subscribe(wire.Subscription{Filter: "d"}); got[0] != 0 {
		t.Error(got)
	}
	c.send(&wire.Pingreq{})
	if p, err := c.r.Next(); err == nil {
		t.Errorf("still there: %#v", p)
	}
}
