package mqtttest

import (
	"fmt"

	"github.com/retainctl/retainctl/mqtt"
)

// Every returns a message that has every field, which every broker that carries the
// field must give back. Its strings name their fields, its bytes are no UTF-8 but for
// the payload.
func Every(topic string) mqtt.Message {
	m := mqtt.Message{Topic: topic}
	for row := range mqtt.AllFields.Rows() {
		fill(row, &m)
	}
	m.Payload = []byte(`{"é":1}`)
	return m
}

// Only returns a message with one field as Every sets it.
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
