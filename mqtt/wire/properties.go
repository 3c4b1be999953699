package wire

import (
	"fmt"

	"github.com/retainctl/retainctl/mqtt"
)

// property is a property identifier (2.2.2.2).
type property byte

const (
	propPayloadFormat       property = 0x01
	propMessageExpiry       property = 0x02
	propContentType         property = 0x03
	propResponseTopic       property = 0x08
	propCorrelationData     property = 0x09
	propSubscriptionID      property = 0x0B
	propSessionExpiry       property = 0x11
	propAssignedClientID    property = 0x12
	propServerKeepAlive     property = 0x13
	propAuthMethod          property = 0x15
	propAuthData            property = 0x16
	propRequestProblemInfo  property = 0x17
	propWillDelay           property = 0x18
	propRequestResponseInfo property = 0x19
	propResponseInfo        property = 0x1A
	propServerReference     property = 0x1C
	propReasonString        property = 0x1F
	propReceiveMaximum      property = 0x21
	propTopicAliasMaximum   property = 0x22
	propTopicAlias          property = 0x23
	propMaximumQoS          property = 0x24
	propRetainAvailable     property = 0x25
	propUserProperty        property = 0x26
	propMaximumPacketSize   property = 0x27
	propWildcardAvailable   property = 0x28
	propSubIDAvailable      property = 0x29
	propSharedAvailable     property = 0x2A
)

// field binds a property to the variable that holds its value, for both directions. A zero value is
// not sent. The types below say how a value is written if the type of the field does not.
type field struct {
	id property
	at any
}

type (
	inverted struct{ at *bool }   // a byte that is 1 if the field is false, and 1 if absent
	integer  struct{ at *uint32 } // a variable byte integer
	expiry   struct {             // four bytes, and whether they are there
		at  *uint32
		has *bool
	}
)

// bearer is a packet or will that has properties.
type bearer interface{ properties() []field }

func (p *Connect) properties() []field {
	return []field{
		{propSessionExpiry, &p.SessionExpiry}, {propReceiveMaximum, &p.ReceiveMaximum},
		{propMaximumPacketSize, &p.MaximumPacketSize}, {propTopicAliasMaximum, &p.TopicAliasMaximum},
		{propRequestResponseInfo, &p.RequestResponseInfo}, {propRequestProblemInfo, inverted{&p.NoProblemInfo}},
		{propUserProperty, &p.UserProperties}, {propAuthMethod, &p.AuthMethod}, {propAuthData, &p.AuthData},
	}
}

func (w *Will) properties() []field {
	return append(messageProperties(&w.Message, &w.HasExpiry), field{propWillDelay, &w.Delay})
}

func (p *Publish) properties() []field {
	return append(messageProperties(&p.Message, &p.HasExpiry),
		field{propTopicAlias, &p.TopicAlias}, field{propSubscriptionID, &p.SubscriptionIDs})
}

func messageProperties(m *mqtt.Message, hasExpiry *bool) []field {
	return append(make([]field, 0, 8),
		field{propPayloadFormat, &m.PayloadFormat}, field{propMessageExpiry, expiry{&m.Expiry, hasExpiry}},
		field{propContentType, &m.ContentType}, field{propResponseTopic, &m.ResponseTopic},
		field{propCorrelationData, &m.CorrelationData}, field{propUserProperty, &m.UserProperties})
}

func (p *Connack) properties() []field {
	return []field{
		{propSessionExpiry, &p.SessionExpiry}, {propReceiveMaximum, &p.ReceiveMaximum},
		{propMaximumQoS, &p.MaximumQoS}, {propRetainAvailable, inverted{&p.RetainUnavailable}},
		{propMaximumPacketSize, &p.MaximumPacketSize}, {propAssignedClientID, &p.AssignedClientID},
		{propTopicAliasMaximum, &p.TopicAliasMaximum}, {propReasonString, &p.ReasonString},
		{propUserProperty, &p.UserProperties}, {propWildcardAvailable, inverted{&p.WildcardUnavailable}},
		{propSubIDAvailable, inverted{&p.SubscriptionIDsUnavailable}}, {propSharedAvailable, inverted{&p.SharedUnavailable}},
		{propServerKeepAlive, &p.ServerKeepAlive}, {propResponseInfo, &p.ResponseInfo},
		{propServerReference, &p.ServerReference}, {propAuthMethod, &p.AuthMethod}, {propAuthData, &p.AuthData},
	}
}

func (p *Ack) properties() []field      { return reasonProperties(&p.ReasonString, &p.UserProperties) }
func (p *Suback) properties() []field   { return reasonProperties(&p.ReasonString, &p.UserProperties) }
func (p *Unsuback) properties() []field { return reasonProperties(&p.ReasonString, &p.UserProperties) }

func reasonProperties(reason *string, user *[]mqtt.UserProperty) []field {
	return []field{{propReasonString, reason}, {propUserProperty, user}}
}

func (p *Subscribe) properties() []field {
	return []field{{propSubscriptionID, integer{&p.SubscriptionID}}, {propUserProperty, &p.UserProperties}}
}

func (p *Unsubscribe) properties() []field {
	return []field{{propUserProperty, &p.UserProperties}}
}

func (p *Disconnect) properties() []field {
	return append(reasonProperties(&p.ReasonString, &p.UserProperties),
		field{propSessionExpiry, &p.SessionExpiry}, field{propServerReference, &p.ServerReference})
}

func (p *Auth) properties() []field {
	return append(reasonProperties(&p.ReasonString, &p.UserProperties),
		field{propAuthMethod, &p.AuthMethod}, field{propAuthData, &p.AuthData})
}

// properties reads the properties of p (2.2.2). A property that p cannot have makes the packet
// malformed (2.2.2.2). So does one that occurs twice, except for user properties and the
// subscription identifiers of a PUBLISH.
func (d *decoder) properties(p bearer) {
	n := d.varint()
	if n == 0 || d.err != nil {
		return
	}
	if n > len(d.b) {
		d.malformed("2.2.2.1", "its properties are longer than the packet")
		return
	}
	rest := d.b[n:]
	d.b = d.b[:n:n]
	fields, seen := p.properties(), uint64(0)
	for len(d.b) > 0 && d.err == nil {
		id := d.varint()
		at := place(fields, id)
		if at == nil {
			d.malformed("2.2.2.2", fmt.Sprintf("property 0x%02X does not belong in it", id))
			return
		}
		if seen&(1<<id) != 0 && !repeats(at) {
			d.fail(ProtocolError, "2.2.2", fmt.Sprintf("property 0x%02X occurs twice", id))
			return
		}
		seen |= 1 << id
		d.value(property(id), at)
	}
	d.b = rest
}

func place(fields []field, id int) any {
	for _, f := range fields {
		if int(f.id) == id {
			return f.at
		}
	}
	return nil
}

func repeats(at any) bool {
	switch at.(type) {
	case *[]mqtt.UserProperty, *[]uint32:
		return true
	}
	return false
}

// value reads one property's value into its variable.
func (d *decoder) value(id property, at any) {
	switch at := at.(type) {
	case *bool:
		*at = d.bit(id)
	case inverted:
		*at.at = !d.bit(id)
	case *mqtt.PayloadFormat:
		if d.bit(id) {
			*at = mqtt.UTF8Data
		}
	case **mqtt.QoS:
		qos := mqtt.QoS(0)
		if d.bit(id) {
			qos = 1
		}
		*at = &qos
	case *uint16:
		*at = d.u16()
		d.positive(id, uint32(*at))
	case **uint16:
		v := d.u16()
		*at = &v
	case *uint32:
		*at = d.u32()
		d.positive(id, *at)
	case **uint32:
		v := d.u32()
		*at = &v
	case expiry:
		*at.at, *at.has = d.u32(), true
	case integer:
		*at.at = uint32(d.varint())
		d.positive(id, *at.at)
	case *[]uint32:
		*at = append(*at, uint32(d.varint()))
		d.positive(id, (*at)[len(*at)-1])
	case *string:
		*at = d.str()
	case *[]byte:
		*at = d.binary()
	case *[]mqtt.UserProperty:
		*at = append(*at, mqtt.UserProperty{Name: d.str(), Value: d.str()})
	default:
		panic(fmt.Sprintf("unreachable: property of type %T", at))
	}
}

// bit reads a byte that may only be 0 or 1.
func (d *decoder) bit(id property) bool {
	b := d.u8()
	if b > 1 {
		d.fail(ProtocolError, "2.2.2.2", fmt.Sprintf("property 0x%02X is %d, neither 0 nor 1", byte(id), b))
	}
	return b == 1
}

// positive checks that these four properties are not zero (3.1.2.11.3, 3.1.2.11.4, MQTT-3.3.2-8,
// 3.8.2.1.2).
func (d *decoder) positive(id property, v uint32) {
	switch id {
	case propReceiveMaximum, propMaximumPacketSize, propTopicAlias, propSubscriptionID:
		if v == 0 && d.err == nil {
			d.fail(ProtocolError, "2.2.2.2", fmt.Sprintf("property 0x%02X is zero", byte(id)))
		}
	}
}

// properties writes the properties of p in MQTT 5.0, and nothing in MQTT 3.1.1.
func (e *encoder) properties(p bearer) {
	if e.version != V5 {
		return
	}
	start := len(e.b)
	for _, f := range p.properties() {
		e.value(f)
	}
	e.insertLength(start)
}

// value writes one property, unless it has the value that absence means.
func (e *encoder) value(f field) {
	switch at := f.at.(type) {
	case *bool:
		e.byteProperty(f.id, *at, 1)
	case inverted:
		e.byteProperty(f.id, *at.at, 0)
	case *mqtt.PayloadFormat:
		e.byteProperty(f.id, *at != mqtt.UnspecifiedBytes, byte(*at))
	case **mqtt.QoS:
		if *at != nil && **at < 2 {
			e.byteProperty(f.id, true, byte(**at))
		}
	case *uint16:
		if *at != 0 {
			e.id(f.id).u16(*at)
		}
	case **uint16:
		if *at != nil {
			e.id(f.id).u16(**at)
		}
	case *uint32:
		if *at != 0 {
			e.id(f.id).u32(*at)
		}
	case **uint32:
		if *at != nil {
			e.id(f.id).u32(**at)
		}
	case expiry:
		if *at.at != 0 || *at.has {
			e.id(f.id).u32(*at.at)
		}
	case integer:
		if *at.at != 0 {
			e.id(f.id).varint(int(*at.at))
		}
	case *[]uint32:
		for _, v := range *at {
			e.id(f.id).varint(int(v))
		}
	case *string:
		if *at != "" {
			e.id(f.id).str(*at)
		}
	case *[]byte:
		if len(*at) > 0 {
			e.id(f.id).binary(*at)
		}
	case *[]mqtt.UserProperty:
		for _, p := range *at {
			e.id(f.id).str(p.Name)
			e.str(p.Value)
		}
	default:
		panic(fmt.Sprintf("unreachable: property of type %T", at))
	}
}

func (e *encoder) byteProperty(id property, send bool, v byte) {
	if send {
		e.id(id).u8(v)
	}
}

func (e *encoder) id(id property) *encoder {
	e.b = append(e.b, byte(id))
	return e
}
