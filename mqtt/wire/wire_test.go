package wire

import (
	"bytes"
	"encoding/hex"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/mqtt"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func text(s string) string { return hex.EncodeToString([]byte(s)) }

// vectors contains packets that were written by hand from the specification's tables.
var vectors = []struct {
	name    string
	version Version
	bytes   string
	packet  Packet
}{
	{"connect 3.1.1", V311, "10 0d 0004 4d515454 04 02 003c 0001 61",
		&Connect{Version: V311, CleanStart: true, KeepAlive: 60, ClientID: "a"}},
	{"connect 3.1.1 with everything", V311, "10 1c 0004 4d515454 04 f6 0000 0001 61 0001 77 0002 0102 0001 75 " +
		"0003 000102",
		&Connect{Version: V311, CleanStart: true, ClientID: "a", Username: "u", HasUsername: true, Password: []byte{0, 1, 2}, HasPassword: true,
			Will: &Will{Retain: true, Message: mqtt.Message{Topic: "w", QoS: 2, Payload: []byte{1, 2}}}}},
	{"connect 5", V5, "10 18 0004 4d515454 05 02 001e 0b 11 0000000a 21 0014 22 000a 0000",
		&Connect{Version: V5, CleanStart: true, KeepAlive: 30, SessionExpiry: 10, ReceiveMaximum: 20, TopicAliasMaximum: 10}},
	{"connect 5 with will", V5, "10 20 0004 4d515454 05 0c 0000 00 0000 0c 01 01 02 00000000 18 00000005 0001 " +
		"77 0001 78",
		&Connect{Version: V5, Will: &Will{Delay: 5, HasExpiry: true, Message: mqtt.Message{Topic: "w", QoS: 1, Payload: []byte("x"), PayloadFormat: mqtt.UTF8Data}}}},
	{"connack 3.1.1 refused", V311, "20 02 00 05", &Connack{ReasonCode: NotAuthorized}},
	{"connack 5", V5, "20 17 01 00 14 11 00000000 21 0014 24 01 25 00 27 00010000 13 0000",
		&Connack{SessionPresent: true, SessionExpiry: new(uint32(0)), ReceiveMaximum: 20, MaximumQoS: new(mqtt.QoS(1)), RetainUnavailable: true, MaximumPacketSize: 65536, ServerKeepAlive: new(uint16(0))}},
	{"publish 3.1.1", V311, "31 06 0003 612f62 78", &Publish{Retain: true, Message: mqtt.Message{Topic: "a/b", Payload: []byte("x")}}},
	{"publish 5 QoS 2 again", V5, "3d 08 0003 612f62 ffff 00", &Publish{Dup: true, Retain: true, PacketID: 65535, Message: mqtt.Message{Topic: "a/b", QoS: 2}}},
	{"publish 5 with everything", V5,
		"33 3f 0001 61 0007 38 01 01 02 00000e10 03 0001 6a 08 0001 72 09 0002 00ff 26 0001 6b 0001 31 26 0001 6b " +
			"0000 23 0002 0b 7f 0b 8001 26 0009 " + text("user name") + " 0001 76 70",
		&Publish{Retain: true, PacketID: 7, HasExpiry: true, TopicAlias: 2, SubscriptionIDs: []uint32{127, 128}, Message: mqtt.Message{
			Topic: "a", QoS: 1, Payload: []byte("p"), PayloadFormat: mqtt.UTF8Data, Expiry: 3600, ContentType: "j", ResponseTopic: "r", CorrelationData: []byte{0, 255},
			UserProperties: []mqtt.UserProperty{{Name: "k", Value: "1"}, {Name: "k"}, {Name: "user name", Value: "v"}}}}},
	{"puback 3.1.1", V311, "40 02 0001", &Ack{Type: PUBACK, PacketID: 1}},
	{"puback 5 success", V5, "40 02 0001", &Ack{Type: PUBACK, PacketID: 1}},
	{"puback 5 no subscribers", V5, "40 03 0001 10", &Ack{Type: PUBACK, PacketID: 1, ReasonCode: NoMatchingSubscribers}},
	{"puback 5 refused with a reason", V5, "40 09 0001 87 05 1f 0002 6e6f", &Ack{Type: PUBACK, PacketID: 1, ReasonCode: NotAuthorized, ReasonString: "no"}},
	{"pubrec", V5, "50 02 0102", &Ack{Type: PUBREC, PacketID: 258}},
	{"pubrel", V5, "62 03 0001 92", &Ack{Type: PUBREL, PacketID: 1, ReasonCode: PacketIDNotFound}},
	{"pubcomp", V311, "70 02 0001", &Ack{Type: PUBCOMP, PacketID: 1}},
	{"subscribe 3.1.1", V311, "82 0b 000a 0001 61 01 0002 2f23 00",
		&Subscribe{PacketID: 10, Subscriptions: []Subscription{{Filter: "a", QoS: 1}, {Filter: "/#"}}}},
	{"subscribe 5", V5, "82 0a 000a 03 0b ff7f 0001 61 2c",
		&Subscribe{PacketID: 10, SubscriptionID: 16383, Subscriptions: []Subscription{{Filter: "a", NoLocal: true, RetainAsPublished: true, RetainHandling: 2}}}},
	{"suback 3.1.1", V311, "90 05 000a 00 02 80", &Suback{PacketID: 10, ReasonCodes: []ReasonCode{0, 2, UnspecifiedError}}},
	{"suback 5", V5, "90 05 000a 00 01 8f", &Suback{PacketID: 10, ReasonCodes: []ReasonCode{GrantedQoS1, TopicFilterInvalid}}},
	{"unsubscribe", V5, "a2 06 000b 00 0001 61", &Unsubscribe{PacketID: 11, Filters: []string{"a"}}},
	{"unsuback 3.1.1", V311, "b0 02 000b", &Unsuback{PacketID: 11}},
	{"unsuback 5", V5, "b0 04 000b 00 11", &Unsuback{PacketID: 11, ReasonCodes: []ReasonCode{NoSubscriptionExisted}}},
	{"pingreq", V311, "c0 00", &Pingreq{}},
	{"pingresp", V5, "d0 00", &Pingresp{}},
	{"disconnect", V5, "e0 00", &Disconnect{}},
	{"disconnect with reason", V5, "e0 02 8b 00", &Disconnect{ReasonCode: ServerShuttingDown}},
	{"auth", V5, "f0 0b 18 09 15 0001 6d 16 0002 0001", &Auth{ReasonCode: ContinueAuthentication, AuthMethod: "m", AuthData: []byte{0, 1}}},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			want := unhex(t, v.bytes)
			r := NewReader(bytes.NewReader(want), v.version, 0)
			p, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v.packet, p); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
			if _, err := r.Next(); err != io.EOF {
				t.Errorf("after the packet: %v, want EOF", err)
			}
			if v.name == "publish 5 with everything" {
				return // its properties are in a different order than ours
			}
			got, err := AppendPacket([]byte("x"), v.packet, v.version)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(hex.EncodeToString(want), hex.EncodeToString(got[1:])); diff != "" {
				t.Errorf("encoded (-want +got):\n%s", diff)
			}
		})
	}
}
