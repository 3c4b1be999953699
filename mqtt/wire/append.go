package wire

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/retainctl/retainctl/mqtt"
)

// maxVarint is the largest variable byte integer, and so the longest packet
// without its header (1.5.5).
const maxVarint = 268_435_455

// AppendPacket appends p, encoded for version v, to dst. If p cannot be expressed in this protocol,
// it returns dst unchanged and an *Error.
func AppendPacket(dst []byte, p Packet, v Version) ([]byte, error) {
	if c, ok := p.(*Connect); ok {
		v = c.Version
	}
	e := encoder{b: dst, version: v, packet: p.Kind()}
	e.u8(byte(e.packet)<<4 | fixedFlags(e.packet))
	body := len(e.b)
	p.encode(&e)
	e.insertLength(body)
	if e.err != nil {
		return dst, e.err
	}
	return e.b, nil
}

// encoder appends to b and keeps the first error.
type encoder struct {
	b       []byte
	version Version
	packet  Type
	err     error
}

func (e *encoder) fail(code ReasonCode, rule, problem string) {
	if e.err == nil {
		e.err = &Error{Code: code, Packet: e.packet, Problem: problem, Rule: rule}
	}
}

func (e *encoder) u8(v byte)    { e.b = append(e.b, v) }
func (e *encoder) u16(v uint16) { e.b = binary.BigEndian.AppendUint16(e.b, v) }
func (e *encoder) u32(v uint32) { e.b = binary.BigEndian.AppendUint32(e.b, v) }
func (e *encoder) varint(v int) { e.b = appendVarint(e.b, v) }
func (e *encoder) packetID(v uint16) {
	if v == 0 {
		e.fail(ProtocolError, "MQTT-2.2.1-3", "its packet identifier is zero")
	}
	e.u16(v)
}

func (e *encoder) str(s string) {
	switch {
	case len(s) > mqtt.MaxTopicBytes:
		e.fail(MalformedPacket, "1.5.4", "a string is longer than 65,535 bytes")
	case !utf8.ValidString(s):
		e.fail(MalformedPacket, "MQTT-1.5.4-1", "a string is not valid UTF-8")
	case strings.IndexByte(s, 0) >= 0:
		e.fail(MalformedPacket, "MQTT-1.5.4-2", "a string contains U+0000")
	}
	e.u16(uint16(len(s)))
	e.b = append(e.b, s...)
}

func (e *encoder) binary(p []byte) {
	if len(p) > mqtt.MaxTopicBytes {
		e.fail(MalformedPacket, "1.5.6", "binary data is longer than 65,535 bytes")
	}
	e.u16(uint16(len(p)))
	e.b = append(e.b, p...)
}

// insertLength inserts the length of everything from start on before it.
func (e *encoder) insertLength(start int) {
	n := len(e.b) - start
	if n > maxVarint {
		e.fail(PacketTooLarge, "1.5.5", "it is longer than 268,435,455 bytes")
		return
	}
	var head [4]byte
	size := len(appendVarint(head[:0], n))
	e.b = append(e.b, head[:size]...)
	copy(e.b[start+size:], e.b[start:start+n])
	copy(e.b[start:], head[:size])
}

func appendVarint(b []byte, v int) []byte {
	for v >= 128 {
		b = append(b, byte(v)|128)
		v >>= 7
	}
	return append(b, byte(v))
}

func (p *Connect) encode(e *encoder) {
	if p.Version != V5 && p.Version != V311 {
		e.fail(UnsupportedProtocolVersion, "MQTT-3.1.2-2", "its protocol version is neither 4 nor 5")
		return
	}
	hasUser, hasPassword := p.HasUsername || p.Username != "", p.HasPassword || len(p.Password) > 0
	if p.Version == V311 && hasPassword && !hasUser {
		e.fail(ProtocolError, "3.1.1 MQTT-3.1.2-22", "MQTT 3.1.1 has no password without a user name")
	}
	e.str("MQTT")
	e.u8(byte(p.Version))
	flags := bit(p.CleanStart, 1) | bit(hasPassword, 6) | bit(hasUser, 7)
	if w := p.Will; w != nil {
		flags |= 4 | byte(w.Message.QoS&3)<<3 | bit(w.Retain, 5)
	}
	e.u8(flags)
	e.u16(p.KeepAlive)
	e.properties(p)
	e.str(p.ClientID)
	if w := p.Will; w != nil {
		e.properties(w)
		e.str(w.Message.Topic)
		e.binary(w.Message.Payload)
	}
	if hasUser {
		e.str(p.Username)
	}
	if hasPassword {
		e.binary(p.Password)
	}
}

func bit(set bool, n int) byte {
	if set {
		return 1 << n
	}
	return 0
}

func (p *Connack) encode(e *encoder) {
	e.u8(bit(p.SessionPresent, 0))
	if e.version == V311 {
		e.u8(p.ReasonCode.returnCode())
		return
	}
	e.u8(byte(p.ReasonCode))
	e.properties(p)
}

func (p *Publish) encode(e *encoder) {
	m := &p.Message
	switch {
	case m.QoS > 2:
		e.fail(MalformedPacket, "MQTT-3.3.1-4", "its QoS is 3")
	case mqtt.IsFilter(m.Topic):
		e.fail(TopicNameInvalid, "MQTT-3.3.2-2", "its topic name contains a wildcard")
	case m.Topic == "" && (p.TopicAlias == 0 || e.version == V311):
		e.fail(ProtocolError, "MQTT-4.7.3-1", "it has no topic name")
	}
	e.b[len(e.b)-1] |= bit(p.Dup, 3) | byte(m.QoS&3)<<1 | bit(p.Retain, 0)
	e.str(m.Topic)
	if m.QoS > 0 {
		e.packetID(p.PacketID)
	}
	e.properties(p)
	e.b = append(e.b, m.Payload...)
}

func (p *Ack) encode(e *encoder) {
	e.packetID(p.PacketID)
	bare := p.ReasonString == "" && len(p.UserProperties) == 0
	if e.version == V311 || bare && p.ReasonCode == Success {
		return
	}
	e.u8(byte(p.ReasonCode))
	if !bare {
		e.properties(p)
	}
}

func (p *Subscribe) encode(e *encoder) {
	if len(p.Subscriptions) == 0 {
		e.fail(ProtocolError, "MQTT-3.8.3-2", "it has no topic filter")
	}
	e.packetID(p.PacketID)
	e.properties(p)
	for _, s := range p.Subscriptions {
		e.str(s.Filter)
		options := byte(s.QoS & 3)
		if e.version == V5 {
			options |= bit(s.NoLocal, 2) | bit(s.RetainAsPublished, 3) | s.RetainHandling&3<<4
		}
		e.u8(options)
	}
}

func (p *Suback) encode(e *encoder) {
	e.packetID(p.PacketID)
	e.properties(p)
	for _, c := range p.ReasonCodes {
		if e.version == V311 && c.Failed() {
			c = UnspecifiedError // the only failure that 3.1.1 has (3.9.3)
		}
		e.u8(byte(c))
	}
}

func (p *Unsubscribe) encode(e *encoder) {
	if len(p.Filters) == 0 {
		e.fail(ProtocolError, "MQTT-3.10.3-2", "it has no topic filter")
	}
	e.packetID(p.PacketID)
	e.properties(p)
	for _, f := range p.Filters {
		e.str(f)
	}
}

func (p *Unsuback) encode(e *encoder) {
	e.packetID(p.PacketID)
	if e.version == V311 {
		return
	}
	e.properties(p)
	for _, c := range p.ReasonCodes {
		e.u8(byte(c))
	}
}

func (*Pingreq) encode(*encoder)  {}
func (*Pingresp) encode(*encoder) {}

func (p *Disconnect) encode(e *encoder) { e.reasoned(p.ReasonCode, p) }
func (p *Auth) encode(e *encoder)       { e.reasoned(p.ReasonCode, p) }

// reasoned writes a reason code and properties, or nothing if that means the same (3.14.2.1,
// 3.15.2.1).
func (e *encoder) reasoned(code ReasonCode, p bearer) {
	if e.version == V311 {
		return
	}
	start := len(e.b)
	e.u8(byte(code))
	e.properties(p)
	if code == Success && len(e.b) == start+2 {
		e.b = e.b[:start]
	}
}
