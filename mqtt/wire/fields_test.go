package wire

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/mqtttest"
)

// TestEveryFieldTravels holds the properties of a PUBLISH to the table of fields.
func TestEveryFieldTravels(t *testing.T) {
	for row := range mqtt.AllFields.Rows() {
		m := mqtttest.Only(row)
		m.Topic, m.QoS = "a", max(m.QoS, 1)
		b, err := AppendPacket(nil, &Publish{PacketID: 1, Retain: true, Message: m}, V5)
		if err != nil {
			t.Fatal(err)
		}
		got, err := NewReader(bytes.NewReader(b), V5, len(b)).Next()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, got.(*Publish).Message); diff != "" {
			t.Errorf("%s (-sent +received):\n%s", row.Name, diff)
		}
	}
}
