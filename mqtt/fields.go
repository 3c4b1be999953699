package mqtt

import (
	"iter"
	"math/bits"
)

// Fields is a set of the fields of a message. Saved plans hold its bits, so a new
// field takes the next one.
type Fields uint16

const (
	FieldPayload Fields = 1 << iota
	FieldQoS
	FieldPayloadFormat
	FieldContentType
	FieldResponseTopic
	FieldCorrelationData
	FieldUserProperties
	FieldExpiry

	AllFields Fields = 1<<iota - 1
)

// Properties are the fields that a packet holds as properties (3.3.2.3), which MQTT
// 3.1.1 cannot carry.
const Properties = AllFields &^ (FieldPayload | FieldQoS)

// Hideable are the fields that a redaction replaces. The others are no text, and too
// few values to be kept secret.
const Hideable = FieldPayload | FieldContentType | FieldResponseTopic | FieldCorrelationData | FieldUserProperties

// Field is a row of the table of fields: what the whole program knows of one field.
type Field struct {
	Bit  Fields // the set of this field alone
	Name string // in the configuration language, in JSON and in the state
	Noun string // in messages; of several values, one of them
}

// table has the fields by their bits. Digests follow its order.
var table = [...]Field{
	{FieldPayload, "payload", "payload"},
	{FieldQoS, "qos", "QoS"},
	{FieldPayloadFormat, "payload_format_indicator", "payload format"},
	{FieldContentType, "content_type", "content type"},
	{FieldResponseTopic, "response_topic", "response topic"},
	{FieldCorrelationData, "correlation_data", "correlation data"},
	{FieldUserProperties, "user_properties", "user property"},
	{FieldExpiry, "message_expiry", "expiry"},
}

// At returns the place of the field's value in m: a *QoS, *PayloadFormat, *string,
// *[]byte, *[]UserProperty or *uint32 (seconds). Whatever is done to all fields alike
// goes by that type: digests, redaction, sizes, limits, decoding and display.
// Message.Diff and Message.With name the fields themselves, for speed.
//
// It is a switch so that the compiler sees that m does not escape.
func (f *Field) At(m *Message) any {
	switch f.Bit {
	case FieldPayload:
		return &m.Payload
	case FieldQoS:
		return &m.QoS
	case FieldPayloadFormat:
		return &m.PayloadFormat
	case FieldContentType:
		return &m.ContentType
	case FieldResponseTopic:
		return &m.ResponseTopic
	case FieldCorrelationData:
		return &m.CorrelationData
	case FieldUserProperties:
		return &m.UserProperties
	case FieldExpiry:
		return &m.Expiry
	}
	panic("unreachable: a field without a place")
}

// shown is the order in which people read the fields: that of the language's reference.
var shown = [...]Fields{
	FieldQoS, FieldPayload, FieldContentType, FieldPayloadFormat,
	FieldUserProperties, FieldResponseTopic, FieldCorrelationData, FieldExpiry,
}

// Has reports whether f holds every field of g.
func (f Fields) Has(g Fields) bool { return f&g == g }

// Rows yields the fields of f in the order of their bits.
func (f Fields) Rows() iter.Seq[*Field] {
	return func(yield func(*Field) bool) {
		for i := range table {
			if f.Has(table[i].Bit) && !yield(&table[i]) {
				return
			}
		}
	}
}

// Shown yields the fields of f in the order in which people read them.
func (f Fields) Shown() iter.Seq[*Field] {
	return func(yield func(*Field) bool) {
		for _, bit := range shown {
			if f.Has(bit) && !yield(&table[bits.TrailingZeros16(uint16(bit))]) {
				return
			}
		}
	}
}

// Names lists the fields of f by the names that the configuration uses.
func (f Fields) Names() []string {
	var names []string
	for row := range f.Rows() {
		names = append(names, row.Name)
	}
	return names
}

// FieldNamed returns the field of that configuration name, or 0.
func FieldNamed(name string) Fields {
	for row := range AllFields.Rows() {
		if row.Name == name {
			return row.Bit
		}
	}
	return 0
}

// Size is what a message has in bytes, but for the numbers in it: what AWS meters.
func (m *Message) Size() int {
	size := len(m.Topic)
	for row := range Hideable.Rows() {
		switch at := row.At(m).(type) {
		case *string:
			size += len(*at)
		case *[]byte:
			size += len(*at)
		case *[]UserProperty:
			size += m.UserPropertyBytes()
		}
	}
	return size
}

// Strings yields the strings that the properties of m consist of, if they are set.
func (m *Message) Strings() iter.Seq[string] {
	return func(yield func(string) bool) {
		for row := range Properties.Rows() {
			switch at := row.At(m).(type) {
			case *string:
				if *at != "" && !yield(*at) {
					return
				}
			case *[]UserProperty:
				for _, p := range *at {
					if !yield(p.Name) || !yield(p.Value) {
						return
					}
				}
			}
		}
	}
}
