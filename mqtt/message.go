// Package mqtt is the vocabulary that every other package shares: what a
// retained message is, which of its fields two messages differ in, what a topic
// name and a topic filter may be, and which limits a broker sets.
//
// It does no I/O and imports nothing outside the standard library. Section
// numbers in its comments are those of the OASIS MQTT Version 5.0
// specification.
package mqtt

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

// QoS is a quality of service level: 0, 1 or 2.
type QoS byte

// PayloadFormat is the Payload Format Indicator (3.3.2.3.2). An absent
// indicator equals UnspecifiedBytes.
type PayloadFormat byte

const (
	UnspecifiedBytes PayloadFormat = 0
	UTF8Data         PayloadFormat = 1
)

// String gives the name that the configuration language and AWS use.
func (f PayloadFormat) String() string {
	if f == UTF8Data {
		return "UTF8_DATA"
	}
	return "UNSPECIFIED_BYTES"
}

// UserProperty is one name and value pair. Names may repeat, and a broker keeps
// their order (3.3.2.3.7).
type UserProperty struct{ Name, Value string }

// Message is a retained message: all that a PUBLISH packet with RETAIN set says
// about its topic. The zero value of a property means that it is absent.
type Message struct {
	Topic           string
	Payload         []byte
	QoS             QoS
	PayloadFormat   PayloadFormat
	ContentType     string
	ResponseTopic   string
	CorrelationData []byte
	UserProperties  []UserProperty
	Expiry          uint32 // Message Expiry Interval in seconds; 0 is none
}

// Deletion is the message that removes what is retained at topic: a retained
// publish with an empty payload (MQTT-3.3.1-6).
func Deletion(topic string, qos QoS) Message { return Message{Topic: topic, QoS: qos} }

// IsDeletion tells whether publishing m with RETAIN set removes a message. An
// empty retained message is never stored (MQTT-3.3.1-7).
func (m Message) IsDeletion() bool { return len(m.Payload) == 0 }

// UserPropertyBytes is the size of all user properties: what is carried and billed.
func (m Message) UserPropertyBytes() (n int) {
	for _, p := range m.UserProperties {
		n += len(p.Name) + len(p.Value)
	}
	return n
}

// Diff gives the fields in which m and o differ. Topics are not compared, and
// user properties are compared in order.
func (m Message) Diff(o Message) Fields {
	var d Fields
	set := func(f Fields, differs bool) {
		if differs {
			d |= f
		}
	}
	set(FieldPayload, !bytes.Equal(m.Payload, o.Payload))
	set(FieldQoS, m.QoS != o.QoS)
	set(FieldPayloadFormat, m.PayloadFormat != o.PayloadFormat)
	set(FieldContentType, m.ContentType != o.ContentType)
	set(FieldResponseTopic, m.ResponseTopic != o.ResponseTopic)
	set(FieldCorrelationData, !bytes.Equal(m.CorrelationData, o.CorrelationData))
	set(FieldUserProperties, !slices.Equal(m.UserProperties, o.UserProperties))
	set(FieldExpiry, m.Expiry != o.Expiry)
	return d
}

// With gives m with the fields of set taken from o: so that what a broker
// cannot read back is filled in from what was recorded.
func (m Message) With(o Message, set Fields) Message {
	if set.Has(FieldPayload) {
		m.Payload = o.Payload
	}
	if set.Has(FieldQoS) {
		m.QoS = o.QoS
	}
	if set.Has(FieldPayloadFormat) {
		m.PayloadFormat = o.PayloadFormat
	}
	if set.Has(FieldContentType) {
		m.ContentType = o.ContentType
	}
	if set.Has(FieldResponseTopic) {
		m.ResponseTopic = o.ResponseTopic
	}
	if set.Has(FieldCorrelationData) {
		m.CorrelationData = o.CorrelationData
	}
	if set.Has(FieldUserProperties) {
		m.UserProperties = o.UserProperties
	}
	if set.Has(FieldExpiry) {
		m.Expiry = o.Expiry
	}
	return m
}

// SortUserProperties gives the properties by name and value: the one spelling of
// properties that are compared without order.
func SortUserProperties(props []UserProperty) []UserProperty {
	sorted := slices.Clone(props)
	slices.SortFunc(sorted, func(a, b UserProperty) int {
		if a.Name != b.Name {
			return strings.Compare(a.Name, b.Name)
		}
		return strings.Compare(a.Value, b.Value)
	})
	return sorted
}

// Retained is a message that a broker was seen to hold.
type Retained struct {
	Message
	Modified time.Time // when it was last written; zero where the broker does not tell
}

// Observation is what one read of some topics showed. A topic that was asked for
// and is in neither map is absent: the broker was heard to hold nothing there.
type Observation struct {
	Live   map[string]Retained // by topic
	Unread map[string]error    // topics whose read did not close: neither live nor absent
}
