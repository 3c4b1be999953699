// Package wire is a codec for MQTT 5.0 and MQTT 3.1.1 control packets, for clients and servers.
// Packets are plain structs, AppendPacket encodes one, and a Reader decodes them from a stream.
//
// It covers what the specification says about the bytes of a single packet, and reports which rule
// a malformed one breaks. What depends on the session (packet identifiers in use, topic aliases,
// which side may send what) is the caller's responsibility. Rules are cited by the statement ids of
// MQTT 5.0, and sections are those of MQTT 5.0.
//
// A 3.1.1 packet has no properties: they are omitted when encoding and zero after decoding. Reason
// codes are those of MQTT 5.0 for both versions.
package wire

import "github.com/retainctl/retainctl/mqtt"

// Version is a protocol level (3.1.2.2). Zero is a version that is not known yet.
type Version byte

const (
	V311 Version = 4
	V5   Version = 5
)

// String returns the version as people write it.
func (v Version) String() string {
	switch v {
	case V311:
		return "MQTT 3.1.1"
	case V5:
		return "MQTT 5"
	}
	return "MQTT of an unknown version"
}

// Type is a control packet type (2.1.2).
type Type byte

const (
	CONNECT Type = iota + 1
	CONNACK
	PUBLISH
	PUBACK
	PUBREC
	PUBREL
	PUBCOMP
	SUBSCRIBE
	SUBACK
	UNSUBSCRIBE
	UNSUBACK
	PINGREQ
	PINGRESP
	DISCONNECT
	AUTH
)

var typeNames = [...]string{
	"packet of type 0", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP",
	"SUBSCRIBE", "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH",
}

func (t Type) String() string { return typeNames[t&15] }

// Packet is one of *Connect, *Connack, *Publish, *Ack, *Subscribe, *Suback,
// *Unsubscribe, *Unsuback, *Pingreq, *Pingresp, *Disconnect, *Auth.
type Packet interface {
	// Kind returns the packet's control packet type.
	Kind() Type
	decode(d *decoder)
	encode(e *encoder)
}

// Connect opens a connection (3.1). HasUsername and HasPassword matter only for empty values:
// others are always sent.
type Connect struct {
	Version             Version
	CleanStart          bool
	KeepAlive           uint16 // seconds; 0 turns it off
	ClientID            string
	Username            string
	Password            []byte
	HasUsername         bool
	HasPassword         bool
	Will                *Will
	SessionExpiry       uint32
	ReceiveMaximum      uint16 // 0: not said, 65,535
	MaximumPacketSize   uint32 // 0: not said, no limit
	TopicAliasMaximum   uint16
	RequestResponseInfo bool
	NoProblemInfo       bool
	AuthMethod          string
	AuthData            []byte
	UserProperties      []mqtt.UserProperty
}

// Will is the message that the server publishes if the connection is lost.
type Will struct {
	Message   mqtt.Message
	Retain    bool
	HasExpiry bool // see Publish
	Delay     uint32
}

// Connack answers a Connect (3.2). The zero value of a property is what its
// absence means.
type Connack struct {
	SessionPresent             bool
	ReasonCode                 ReasonCode
	SessionExpiry              *uint32
	ReceiveMaximum             uint16 // 0: not said, 65,535
	MaximumQoS                 *mqtt.QoS
	RetainUnavailable          bool
	MaximumPacketSize          uint32 // 0: not said, no limit
	AssignedClientID           string
	TopicAliasMaximum          uint16
	ReasonString               string
	UserProperties             []mqtt.UserProperty
	WildcardUnavailable        bool
	SubscriptionIDsUnavailable bool
	SharedUnavailable          bool
	ServerKeepAlive            *uint16
	ResponseInfo               string
	ServerReference            string
	AuthMethod                 string
	AuthData                   []byte
}

// Publish carries a message (3.3), whose QoS is Message.QoS. HasExpiry distinguishes an expiry
// interval of zero from none, which brokers treat differently.
type Publish struct {
	Dup, Retain     bool
	PacketID        uint16 // 0 at QoS 0
	Message         mqtt.Message
	HasExpiry       bool
	TopicAlias      uint16 // 0: none
	SubscriptionIDs []uint32
	Skipped         int // length of a body that was not read; see Reader.SkipLongPublishes
}

// Ack is a PUBACK, PUBREC, PUBREL or PUBCOMP, according to Type (3.4 to 3.7).
type Ack struct {
	Type           Type
	PacketID       uint16
	ReasonCode     ReasonCode
	ReasonString   string
	UserProperties []mqtt.UserProperty
}

// Subscribe asks for messages (3.8).
type Subscribe struct {
	PacketID       uint16
	SubscriptionID uint32 // 0: none
	UserProperties []mqtt.UserProperty
	Subscriptions  []Subscription
}

// Subscription is one filter of a Subscribe with its options (3.8.3.1), of which
// MQTT 3.1.1 has only the QoS.
type Subscription struct {
	Filter            string
	QoS               mqtt.QoS
	NoLocal           bool
	RetainAsPublished bool
	RetainHandling    byte // 0 send retained, 1 only if the subscription is new, 2 do not
}

// Suback answers a Subscribe, with one code for each of its filters (3.9).
type Suback struct {
	PacketID       uint16
	ReasonString   string
	UserProperties []mqtt.UserProperty
	ReasonCodes    []ReasonCode
}

// Unsubscribe ends subscriptions (3.10).
type Unsubscribe struct {
	PacketID       uint16
	UserProperties []mqtt.UserProperty
	Filters        []string
}

// Unsuback answers an Unsubscribe (3.11). It has no reason codes under 3.1.1.
type Unsuback struct {
	PacketID       uint16
	ReasonString   string
	UserProperties []mqtt.UserProperty
	ReasonCodes    []ReasonCode
}

// Pingreq asks for a Pingresp (3.12).
type Pingreq struct{}

// Pingresp answers a Pingreq (3.13).
type Pingresp struct{}

// Disconnect is the last packet of a connection (3.14). Under 3.1.1 it is empty
// and only a client sends it.
type Disconnect struct {
	ReasonCode      ReasonCode
	SessionExpiry   *uint32
	ReasonString    string
	UserProperties  []mqtt.UserProperty
	ServerReference string
}

// Auth is a step of extended authentication (3.15).
type Auth struct {
	ReasonCode     ReasonCode
	AuthMethod     string
	AuthData       []byte
	ReasonString   string
	UserProperties []mqtt.UserProperty
}

func (*Connect) Kind() Type     { return CONNECT }
func (*Connack) Kind() Type     { return CONNACK }
func (*Publish) Kind() Type     { return PUBLISH }
func (p *Ack) Kind() Type       { return p.Type }
func (*Subscribe) Kind() Type   { return SUBSCRIBE }
func (*Suback) Kind() Type      { return SUBACK }
func (*Unsubscribe) Kind() Type { return UNSUBSCRIBE }
func (*Unsuback) Kind() Type    { return UNSUBACK }
func (*Pingreq) Kind() Type     { return PINGREQ }
func (*Pingresp) Kind() Type    { return PINGRESP }
func (*Disconnect) Kind() Type  { return DISCONNECT }
func (*Auth) Kind() Type        { return AUTH }

// newPacket returns an empty packet of that type, or nil if version v has no such type (AUTH is new
// in MQTT 5.0).
func newPacket(t Type, v Version) Packet {
	switch t {
	case CONNECT:
		return new(Connect)
	case CONNACK:
		return new(Connack)
	case PUBLISH:
		return new(Publish)
	case PUBACK, PUBREC, PUBREL, PUBCOMP:
		return &Ack{Type: t}
	case SUBSCRIBE:
		return new(Subscribe)
	case SUBACK:
		return new(Suback)
	case UNSUBSCRIBE:
		return new(Unsubscribe)
	case UNSUBACK:
		return new(Unsuback)
	case PINGREQ:
		return new(Pingreq)
	case PINGRESP:
		return new(Pingresp)
	case DISCONNECT:
		return new(Disconnect)
	case AUTH:
		if v == V5 {
			return new(Auth)
		}
	}
	return nil
}

// fixedFlags returns the low bits of a packet's first byte. They are set for three types, and carry
// data only in a PUBLISH (2.1.3).
func fixedFlags(t Type) byte {
	if t == PUBREL || t == SUBSCRIBE || t == UNSUBSCRIBE {
		return 2
	}
	return 0
}
