package wire

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
)

func (p *Connect) decode(d *decoder) {
	name := d.str()
	p.Version = Version(d.u8())
	switch {
	case d.err != nil:
		return
	case name != "MQTT" && name != "MQIsdp":
		d.fail(UnsupportedProtocolVersion, "MQTT-3.1.2-1", fmt.Sprintf("its protocol name is %q", name))
		return
	case name != "MQTT" || p.Version != V311 && p.Version != V5:
		d.fail(UnsupportedProtocolVersion, "MQTT-3.1.2-2", fmt.Sprintf("its protocol is %s level %d", name, p.Version))
		return
	}
	d.version = p.Version
	flags := d.u8()
	p.CleanStart = flags&2 != 0
	p.KeepAlive = d.u16()
	if !d.connectFlags(flags) {
		return
	}
	if d.version == V5 {
		d.properties(p)
	}
	p.ClientID = d.str()
	if flags&4 != 0 {
		p.Will = d.will(flags)
	}
	if p.HasUsername = flags&128 != 0; p.HasUsername {
		p.Username = d.str()
	}
	if p.HasPassword = flags&64 != 0; p.HasPassword {
		p.Password = d.binary()
	}
}

// connectFlags checks the rules of sections 3.1.2.3 to 3.1.2.9.
func (d *decoder) connectFlags(flags byte) bool {
	switch {
	case flags&1 != 0:
		d.malformed("MQTT-3.1.2-3", "the reserved connect flag is set")
	case flags&4 == 0 && flags&0x38 != 0:
		d.malformed("MQTT-3.1.2-11", "will flags are set without a will")
	case flags&0x18 == 0x18:
		d.malformed("MQTT-3.1.2-12", "its will has QoS 3")
	case d.version == V311 && flags&64 != 0 && flags&128 == 0:
		d.malformed("3.1.1 MQTT-3.1.2-22", "MQTT 3.1.1 has no password without a user name")
	}
	return d.err == nil
}

func (d *decoder) will(flags byte) *Will {
	w := &Will{Retain: flags&32 != 0}
	w.Message.QoS = mqtt.QoS(flags >> 3 & 3)
	if d.version == V5 {
		d.properties(w)
	}
	w.Message.Topic = d.topicName()
	if w.Message.Topic == "" && d.err == nil {
		d.malformed("MQTT-4.7.3-1", "its will has no topic name")
	}
	w.Message.Payload = d.binary()
	return w
}

func (p *Connack) decode(d *decoder) {
	flags, code := d.u8(), d.u8()
	if flags > 1 {
		d.malformed("MQTT-3.2.2-1", "its reserved flags are set")
	}
	p.SessionPresent = flags == 1
	// A server that has only MQTT 3.1.1 answers a CONNECT of MQTT 5 with the short CONNACK of its
	// own version (3.1.1 MQTT-3.1.2-2).
	short := len(d.b) == 0 && code != 0 && int(code) < len(connackReturnCodes)
	if d.version == V311 || short {
		if int(code) >= len(connackReturnCodes) {
			d.malformed("3.1.1 3.2.2.3", fmt.Sprintf("its return code %d is reserved", code))
			return
		}
		p.ReasonCode = connackReturnCodes[code]
		return
	}
	p.ReasonCode = ReasonCode(code)
	d.properties(p)
}

// head reads what comes before the properties.
func (p *Publish) head(d *decoder) {
	p.Dup, p.Retain = d.flags&8 != 0, d.flags&1 != 0
	m := &p.Message
	m.QoS = mqtt.QoS(d.flags >> 1 & 3)
	switch {
	case m.QoS == 3:
		d.malformed("MQTT-3.3.1-4", "its QoS is 3")
	case p.Dup && m.QoS == 0:
		d.malformed("MQTT-3.3.1-2", "it is marked as a duplicate at QoS 0")
	}
	m.Topic = d.topicName()
	if m.QoS > 0 {
		p.PacketID = d.packetID()
	}
}

func (p *Publish) decode(d *decoder) {
	p.head(d)
	if d.version == V5 {
		d.properties(p)
	}
	m := &p.Message
	switch {
	case d.err != nil:
	case m.Topic == "" && p.TopicAlias == 0:
		d.fail(ProtocolError, "MQTT-4.7.3-1", "it has no topic name")
	case mqtt.IsFilter(m.ResponseTopic):
		d.fail(ProtocolError, "MQTT-3.3.2-14", "its response topic contains a wildcard")
	}
	m.Payload = bytes.Clone(nonEmpty(d.take(len(d.b))))
}

func (p *Ack) decode(d *decoder) {
	p.PacketID = d.packetID()
	if d.version == V5 && len(d.b) > 0 {
		d.reasoned(&p.ReasonCode, p)
	}
}

func (p *Subscribe) decode(d *decoder) {
	p.PacketID = d.packetID()
	if d.version == V5 {
		d.properties(p)
	}
	for len(d.b) > 0 {
		p.Subscriptions = append(p.Subscriptions, d.subscription())
	}
	if len(p.Subscriptions) == 0 && d.err == nil {
		d.fail(ProtocolError, "MQTT-3.8.3-2", "it has no topic filter")
	}
}

func (d *decoder) subscription() Subscription {
	s := Subscription{Filter: d.filter()}
	options := d.u8()
	s.QoS = mqtt.QoS(options & 3)
	s.NoLocal = options&4 != 0
	s.RetainAsPublished = options&8 != 0
	s.RetainHandling = options >> 4 & 3
	switch {
	case s.QoS == 3:
		d.fail(ProtocolError, "3.8.3.1", "a subscription has QoS 3")
	case s.RetainHandling == 3:
		d.fail(ProtocolError, "3.8.3.1", "a subscription has Retain Handling 3")
	case options&0xC0 != 0, d.version == V311 && options&0xFC != 0:
		d.malformed("MQTT-3.8.3-5", "reserved bits of a subscription are set")
	case s.NoLocal && strings.HasPrefix(s.Filter, "$share/"):
		d.fail(ProtocolError, "MQTT-3.8.3-4", "No Local is set on a shared subscription")
	}
	return s
}

func (p *Suback) decode(d *decoder) {
	p.PacketID = d.packetID()
	if d.version == V5 {
		d.properties(p)
	}
	p.ReasonCodes = d.codes()
	if len(p.ReasonCodes) == 0 && d.err == nil {
		d.malformed("MQTT-3.8.4-6", "it has no reason code")
	}
}

func (d *decoder) codes() []ReasonCode {
	var codes []ReasonCode
	for _, b := range d.take(len(d.b)) {
		code := ReasonCode(b)
		if d.version == V311 && code.Failed() {
			code = UnspecifiedError // the only failure that 3.1.1 has (3.9.3)
		}
		codes = append(codes, code)
	}
	return codes
}

func (p *Unsubscribe) decode(d *decoder) {
	p.PacketID = d.packetID()
	if d.version == V5 {
		d.properties(p)
	}
	for len(d.b) > 0 {
		p.Filters = append(p.Filters, d.filter())
	}
	if len(p.Filters) == 0 && d.err == nil {
		d.fail(ProtocolError, "MQTT-3.10.3-2", "it has no topic filter")
	}
}

func (p *Unsuback) decode(d *decoder) {
	p.PacketID = d.packetID()
	if d.version == V5 {
		d.properties(p)
		p.ReasonCodes = d.codes()
	}
}

func (*Pingreq) decode(*decoder)  {}
func (*Pingresp) decode(*decoder) {}

func (p *Disconnect) decode(d *decoder) {
	if d.version == V5 && len(d.b) > 0 {
		d.reasoned(&p.ReasonCode, p)
	}
}

func (p *Auth) decode(d *decoder) {
	if len(d.b) > 0 {
		d.reasoned(&p.ReasonCode, p)
	}
}

// reasoned reads a reason code and properties. The properties may be omitted together with their
// length (3.4.2.2.1).
func (d *decoder) reasoned(code *ReasonCode, p bearer) {
	*code = ReasonCode(d.u8())
	if len(d.b) > 0 {
		d.properties(p)
	}
}
