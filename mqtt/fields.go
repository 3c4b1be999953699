package mqtt

import (
	"iter"
	"math/bits"
)

// Fields is a set of message fields, one bit each. Saved plans hold the bits, so a new field
// gets the next one.
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

// Properties are the fields that a packet carries as properties (3.3.2.3). MQTT 3.1.1 has
// none.
const Properties = AllFields &^ (FieldPayload | FieldQoS)

// Hideable are the fields that a redaction can replace. The others are numbers with too few
// values to be kept secret.
const Hideable = FieldPayload | FieldContentType | FieldResponseTopic | FieldCorrelationData | FieldUserProperties

// Field is a row of the table of message fields.
type Field struct {
	Bit  Fields // the set of this field alone
	Name string // in the configuration language, in JSON and in the state: "content_type"
	Noun string // in messages, in the singular: "content type", "user property"
}

// table has one row for each field, in the order of their bits. Digests depend on the order.
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

// At returns a pointer to the field's value in m: a *QoS, *PayloadFormat, *string, *[]byte,
// *[]UserProperty or *uint32 (seconds). Code that treats all fields alike switches on this
// type: digests, redaction, sizes, limits, decoding and display. For speed, Message.Diff and
// Message.With name the fields instead.
//
// At is a switch so that the compiler sees that m does not escape.
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

// shown is the order in which output lists the fields: that of the language reference.
var shown = [...]Fields{
	FieldQoS, FieldPayload, FieldContentType, FieldPayloadFormat,
	FieldUserProperties, FieldResponseTopic, FieldCorrelationData, FieldExpiry,
}

// Has reports whether f contains every field of g.
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

// Shown yields the fields of f in the order in which output lists them.
func (f Fields) Shown() iter.Seq[*Field] {
	return func(yield func(*Field) bool) {
		for _, bit := range shown {
			if f.Has(bit) && !yield(&table[bits.TrailingZeros16(uint16(bit))]) {
				return
			}
		}
	}
}

// Names returns the configuration names of the fields of f, in the order of their bits.
func (f Fields) Names() []string {
	var names []string
	for row := range f.Rows() {
		names = append(names, row.Name)
	}
	return names
}

// FieldNamed returns the field with that configuration name, or 0 if there is none.
func FieldNamed(name string) Fields {
	for row := range AllFields.Rows() {
		if row.Name == name {
			return row.Bit
		}
	}
	return 0
}

// Size returns the size of a message in bytes without its numeric fields, as AWS meters it.
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

// Strings yields every string in the properties of m: set text properties, and the names and
// values of user properties.
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
