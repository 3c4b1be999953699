package wire

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
)

// malformed contains packets that break one rule each.
var malformed = []struct {
	name    string
	version Version
	bytes   string
	rule    string
}{
	{"type 0", V5, "00 00", "2.1.2"},
	{"AUTH under 3.1.1", V311, "f0 00", "2.1.2"},
	{"flags of SUBSCRIBE", V5, "80 06 0001 00 0001 61 00", "MQTT-2.1.3-1"},
	{"flags of PINGREQ", V5, "c1 00", "MQTT-2.1.3-1"},
	{"length of five bytes", V5, "c0 8080808001", "1.5.5"},
	{"length not shortest", V5, "c0 8000", "MQTT-1.5.5-1"},
	{"bytes behind the end", V5, "c0 01 00", "2.1.4"},
	{"no CONNECT first", 0, "c0 00", "MQTT-3.1.0-1"},
	{"protocol name", 0, "10 0c 0004 4d515455 05 02 0000 00 00", "MQTT-3.1.2-1"},
	{"protocol level 3", 0, "10 10 0006 4d5149736470 03 02 0000 0001 61 00", "MQTT-3.1.2-2"},
	{"protocol level 6", 0, "10 0c 0004 4d515454 06 02 0000 00 00", "MQTT-3.1.2-2"},
	{"reserved connect flag", 0, "10 0d 0004 4d515454 05 03 0000 00 0000", "MQTT-3.1.2-3"},
	{"will QoS 3", 0, "10 0d 0004 4d515454 05 1e 0000 00 0000", "MQTT-3.1.2-12"},
	{"will retain without will", 0, "10 0d 0004 4d515454 05 22 0000 00 0000", "MQTT-3.1.2-11"},
	{"3.1.1 password without user name", 0, "10 0f 0004 4d515454 04 42 0000 0000 0001 70", "3.1.1 MQTT-3.1.2-22"},
	{"connack flags", V5, "20 03 02 00 00", "MQTT-3.2.2-1"},
	{"3.1.1 connack code 6", V311, "20 02 00 06", "3.1.1 3.2.2.3"},
	{"publish QoS 3", V5, "36 07 0001 61 0001 00 78", "MQTT-3.3.1-4"},
	{"publish again at QoS 0", V5, "38 04 0001 61 00", "MQTT-3.3.1-2"},
	{"publish to a wildcard", V5, "30 04 0001 2b 00", "MQTT-3.3.2-2"},
	{"publish without topic", V5, "30 03 0000 00", "MQTT-4.7.3-1"},
	{"publish with packet id 0", V5, "32 06 0001 61 0000 00", "MQTT-2.2.1-3"},
	{"topic not UTF-8", V5, "30 04 0001 ff 00", "MQTT-1.5.4-1"},
	{"topic with a surrogate", V5, "30 06 0003 eda080 00", "MQTT-1.5.4-1"},
	{"topic with U+0000", V5, "30 04 0001 00 00", "MQTT-1.5.4-2"},
	{"string cut off", V5, "30 03 0005 61", "2.1.4"},
	{"response topic with a wildcard", V5, "30 08 0001 61 04 08 0001 23", "MQTT-3.3.2-14"},
	{"topic alias 0", V5, "30 07 0001 61 03 23 0000", "2.2.2.2"},
	{"payload format 2", V5, "30 06 0001 61 02 01 02", "2.2.2.2"},
	{"unknown property", V5, "30 06 0001 61 02 7e 00", "2.2.2.2"},
	{"property of another packet", V5, "30 06 0001 61 02 24 00", "2.2.2.2"},
	{"property identifier too large", V5, "30 08 0001 61 04 ffffff7f", "2.2.2.2"},
	{"property twice", V5, "30 08 0001 61 04 01 00 01 00", "2.2.2"},
	{"properties longer than the packet", V5, "30 04 0001 61 05", "2.2.2.1"},
	{"receive maximum 0", V5, "20 06 00 00 03 21 0000", "2.2.2.2"},
	{"puback id 0", V5, "40 02 0000", "MQTT-2.2.1-3"},
	{"subscribe to nothing", V5, "82 03 0001 00", "MQTT-3.8.3-2"},
	{"subscribe QoS 3", V5, "82 07 0001 00 0001 61 03", "3.8.3.1"},
	{"retain handling 3", V5, "82 07 0001 00 0001 61 30", "3.8.3.1"},
	{"reserved subscription bits", V5, "82 07 0001 00 0001 61 40", "MQTT-3.8.3-5"},
	{"3.1.1 subscription options", V311, "82 06 0001 0001 61 04", "MQTT-3.8.3-5"},
	{"no local on a share", V5, "82 10 0001 00 000a 2473686172652f672f61 04", "MQTT-3.8.3-4"},
	{"filter a/#/b", V5, "82 0b 0001 00 0005 612f232f62 00", "4.7"},
	{"suback without codes", V5, "90 03 0001 00", "MQTT-3.8.4-6"},
	{"unsubscribe from nothing", V5, "a2 03 0001 00", "MQTT-3.10.3-2"},
}

func TestMalformed(t *testing.T) {
	for _, m := range malformed {
		t.Run(m.name, func(t *testing.T) {
			p, err := NewReader(bytes.NewReader(unhex(t, m.bytes)), m.version, 0).Next()
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%#v, %v", p, err)
			}
			if e.Rule != m.rule {
				t.Errorf("%v, want rule %s", err, m.rule)
			}
			if !e.Code.Failed() {
				t.Errorf("code %v is not a failure", e.Code)
			}
		})
	}
}

func TestReaderStates(t *testing.T) {
	connect := unhex(t, "10 0d 0004 4d515454 05 02 0000 00 0000")
	r := NewReader(bytes.NewReader(append(connect, unhex(t, "30 05 0001 61 00 78")...)), 0, 0)
	for range 2 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if r.Version() != V5 {
		t.Errorf("the version was not learnt: %v", r.Version())
	}
	for i := 1; i < len(connect); i++ {
		if _, err := NewReader(bytes.NewReader(connect[:i]), 0, 0).Next(); err != io.ErrUnexpectedEOF {
			t.Errorf("cut after %d bytes: %v", i, err)
		}
	}
}

// endless announces the longest possible packet and never ends.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, "\x30\xff\xff\xff\x7f")
	e.read += n
	return n, nil
}

func TestPacketLimit(t *testing.T) {
	packet := unhex(t, "30 05 0001 61 00 78")
	if _, err := NewReader(bytes.NewReader(packet), V5, len(packet)).Next(); err != nil {
		t.Errorf("a packet of just the limit: %v", err)
	}
	_, err := NewReader(bytes.NewReader(packet), V5, len(packet)-1).Next()
	var e *Error
	if !errors.As(err, &e) || e.Code != PacketTooLarge {
		t.Errorf("a packet over the limit: %v", err)
	}
	source := new(endless)
	if _, err := NewReader(source, V5, 1<<20).Next(); !errors.As(err, &e) || e.Code != PacketTooLarge {
		t.Errorf("an endless packet: %v", err)
	}
	if source.read > readBuffer {
		t.Errorf("%d bytes were read of a packet that is too long", source.read)
	}
}

func TestAppendRefuses(t *testing.T) {
	long := strings.Repeat("x", mqtt.MaxTopicBytes+1)
	for _, p := range []Packet{
		&Connect{},
		&Connect{Version: V311, Password: []byte("p")},
		&Publish{Message: mqtt.Message{}},
		&Publish{Message: mqtt.Message{Topic: "a/#"}},
		&Publish{Message: mqtt.Message{Topic: "a\x00"}},
		&Publish{Message: mqtt.Message{Topic: "a\xff"}},
		&Publish{Message: mqtt.Message{Topic: long}},
		&Publish{Message: mqtt.Message{Topic: "a", QoS: 3}, PacketID: 1},
		&Publish{Message: mqtt.Message{Topic: "a", QoS: 1}},
		&Publish{Message: mqtt.Message{Topic: "a", CorrelationData: []byte(long)}},
		&Subscribe{PacketID: 1},
		&Unsubscribe{PacketID: 1},
		&Ack{Type: PUBACK},
	} {
		b, err := AppendPacket([]byte("before"), p, V5)
		var e *Error
		if !errors.As(err, &e) || string(b) != "before" {
			t.Errorf("%#.200v: %q, %v", p, b, err)
		}
	}
}

// An old server answers a CONNECT of MQTT 5 in the format of MQTT 3.1.1.
func TestShortConnack(t *testing.T) {
	p, err := NewReader(bytes.NewReader(unhex(t, "20 02 00 01")), V5, 0).Next()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&Connack{ReasonCode: UnsupportedProtocolVersion}, p); diff != "" {
		t.Error(diff)
	}
}

func TestReasonNames(t *testing.T) {
	for code, want := range map[ReasonCode]string{NotAuthorized: "not authorized (0x87)", 0x7F: "reason code 0x7F", Success: "success (0x00)"} {
		if got := code.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if NoMatchingSubscribers.Failed() || ReasonCode(0x7F).Failed() || !ReasonCode(0xFF).Failed() {
		t.Error("0x80 is where failures begin")
	}
}

func drawMessage(t *rapid.T, v Version) mqtt.Message {
	str := rapid.StringMatching(`[a-zé/ ]{0,200}`)
	m := mqtt.Message{
		Topic: "t/" + str.Draw(t, "topic"), QoS: mqtt.QoS(rapid.IntRange(0, 2).Draw(t, "qos")),
		Payload: nonEmpty(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "payload")),
	}
	if v == V311 {
		return m
	}
	m.PayloadFormat = mqtt.PayloadFormat(rapid.IntRange(0, 1).Draw(t, "format"))
	m.ContentType, m.ResponseTopic = str.Draw(t, "content type"), str.Draw(t, "response")
	m.CorrelationData = nonEmpty(rapid.SliceOf(rapid.Byte()).Draw(t, "correlation"))
	m.Expiry = rapid.Uint32().Draw(t, "expiry")
	for range rapid.IntRange(0, 3).Draw(t, "properties") {
		m.UserProperties = append(m.UserProperties, mqtt.UserProperty{Name: str.Draw(t, "name"), Value: str.Draw(t, "value")})
	}
	return m
}

func TestPublishRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom([]Version{V311, V5}).Draw(t, "version")
		want := &Publish{Retain: rapid.Bool().Draw(t, "retain"), Message: drawMessage(t, v)}
		if want.Message.QoS > 0 {
			want.PacketID = rapid.Uint16Min(1).Draw(t, "id")
			want.Dup = rapid.Bool().Draw(t, "dup")
		}
		if v == V5 {
			want.HasExpiry = want.Message.Expiry > 0 || rapid.Bool().Draw(t, "has expiry")
			want.TopicAlias = rapid.Uint16().Draw(t, "alias")
		}
		b, err := AppendPacket(nil, want, v)
		if err != nil {
			t.Fatal(err)
		}
		got, err := NewReader(bytes.NewReader(b), v, len(b)).Next()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

// FuzzRead checks that no input makes the codec panic, and that a decoded packet encodes to bytes
// that decode to the same packet.
func FuzzRead(f *testing.F) {
	for _, v := range vectors {
		f.Add(unhex(f, v.bytes), byte(v.version))
	}
	for _, m := range malformed {
		f.Add(unhex(f, m.bytes), byte(m.version))
	}
	f.Fuzz(func(t *testing.T, stream []byte, version byte) {
		v := []Version{0, V311, V5}[version%3]
		r := NewReader(bytes.NewReader(stream), v, 1<<16)
		for {
			p, err := r.Next()
			if err != nil {
				return
			}
			b, err := AppendPacket(nil, p, r.Version())
			if err != nil {
				t.Fatalf("%#v decodes and does not encode: %v", p, err)
			}
			second, err := NewReader(bytes.NewReader(b), r.Version(), 0).Next()
			if err != nil {
				t.Fatalf("%#v encodes to what does not decode: %v", p, err)
			}
			if diff := cmp.Diff(p, second); diff != "" {
				t.Fatalf("(-first +second):\n%s", diff)
			}
		}
	})
}

// again returns the same bytes forever.
type again struct{ b, left []byte }

func (a *again) Read(p []byte) (int, error) {
	if len(a.left) == 0 {
		a.left = a.b
	}
	n := copy(p, a.left)
	a.left = a.left[n:]
	return n, nil
}

func BenchmarkPublish(b *testing.B) {
	p := &Publish{Retain: true, PacketID: 1, Message: mqtt.Message{Topic: "b/001/dev000001/config", QoS: 1, Payload: make([]byte, 200)}}
	packet, err := AppendPacket(nil, p, V5)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			buf, _ = AppendPacket(buf[:0], p, V5)
		}
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		r := NewReader(&again{b: packet}, V5, 0)
		for b.Loop() {
			if _, err := r.Next(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
