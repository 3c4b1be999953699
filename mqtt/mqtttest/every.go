// Package mqtttest has test data and a test double for the packages above mqtt: messages with
// every field of mqtt's table, including fields that are added later, and a broker in a map.
package mqtttest

import (
	"fmt"

	"github.com/retainctl/retainctl/mqtt"
)

// Every returns a message with every field set, as a broker that carries the field must
// return it. Its strings contain the names of their fields. Its bytes are not valid UTF-8,
// except the payload.
func Every(topic string) mqtt.Message {
	m := mqtt.Message{Topic: topic}
	for row := range mqtt.AllFields.Rows() {
		fill(row, &m)
	}
	m.Payload = []byte(`{"é":1}`)
	return m
}

// Only returns a message without a topic that has one field, set as by Every.
func Only(row *mqtt.Field) mqtt.Message { return mqtt.Message{}.With(Every(""), row.Bit) }

func fill(row *mqtt.Field, m *mqtt.Message) {
	switch at := row.At(m).(type) {
	case *mqtt.QoS:
		*at = 1
	case *mqtt.PayloadFormat:
		*at = mqtt.UTF8Data
	case *uint32:
		*at = 3600
	case *string:
		*at = "every/" + row.Name
	case *[]byte:
		*at = []byte{0, 1, 0xff}
	case *[]mqtt.UserProperty:
		*at = []mqtt.UserProperty{{Name: "owner", Value: "ü"}}
	default:
		panic(fmt.Sprintf("unreachable: field of type %T", at))
	}
}
