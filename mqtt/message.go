// Package mqtt has the types that every other package shares: retained messages and
// their fields, topic names and topic filters, redactions, and the capabilities and limits
// of brokers.
//
// It does no I/O and imports nothing outside the standard library and its own subpackages.
// Section numbers in its comments are those of the OASIS MQTT Version 5.0 specification.
package mqtt

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

// QoS is a quality of service level: 0, 1 or 2.
type QoS byte

// PayloadFormat is the Payload Format Indicator (3.3.2.3.2). UnspecifiedBytes also represents
// an absent indicator.
type PayloadFormat byte

const (
	UnspecifiedBytes PayloadFormat = 0
	UTF8Data         PayloadFormat = 1
)

// String returns the name that the configuration language and AWS use.
func (f PayloadFormat) String() string {
	if f == UTF8Data {
		return "UTF8_DATA"
	}
	return "UNSPECIFIED_BYTES"
}

// UserProperty is a name and value pair. Names may repeat, and a broker keeps the order
// (3.3.2.3.7).
type UserProperty struct{ Name, Value string }

// Message is a retained message: everything that a PUBLISH packet with RETAIN set says about
// its topic. A property with the zero value is absent.
type Message struct {
	Topic           string
	Payload         []byte
	QoS             QoS
	PayloadFormat   PayloadFormat
	ContentType     string
	ResponseTopic   string
	CorrelationData []byte
	UserProperties  []UserProperty
	Expiry          uint32 // Message Expiry Interval in seconds; 0 means no expiry
}

// Deletion returns the message that deletes what is retained at topic: a retained publish
// with an empty payload (MQTT-3.3.1-6).
func Deletion(topic string, qos QoS) Message { return Message{Topic: topic, QoS: qos} }

// IsDeletion reports whether publishing m with RETAIN set deletes the message at its topic. An
// empty retained message is never stored (MQTT-3.3.1-7).
func (m Message) IsDeletion() bool { return len(m.Payload) == 0 }

// UserPropertyBytes returns the size of the names and values of all user properties.
func (m Message) UserPropertyBytes() (n int) {
	for _, p := range m.UserProperties {
		n += len(p.Name) + len(p.Value)
	}
	return n
}

// Diff returns the fields in which m and o differ. It does not compare topics, and the order
// of user properties counts.
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

// With returns m with the fields of set taken from o. It does not change m or the topic.
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

// SortUserProperties returns a copy of props sorted by name and value, for comparing them
// without regard to their order.
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

// Retained is a message that a read of a broker showed.
type Retained struct {
	Message
	Modified time.Time // when it was last written; zero if the broker does not show that
}

// Observation is the result of an exact read of topics. A topic that was asked for and is in
// neither map is absent: the broker holds no message there.
type Observation struct {
	Live   map[string]Retained // by topic
	Unread map[string]error    // by topic: why its read could not be completed
}
