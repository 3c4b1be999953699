package mqtt_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/mqtttest"
)

// TestEveryFieldHasARow checks that the table, Diff, With and the digest have every field of
// Message.
func TestEveryFieldHasARow(t *testing.T) {
	rows := slices.Collect(mqtt.AllFields.Rows())
	places := map[any]*mqtt.Field{} // by the address of the value
	var m mqtt.Message
	for i, row := range rows {
		if row.Bit != 1<<i || row.Name == "" || row.Noun == "" {
			t.Errorf("row %d is %+v", i, row)
		}
		places[row.At(&m)] = row
	}
	v := reflect.ValueOf(&m).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		row := places[v.Field(i).Addr().Interface()]
		if name == "Topic" {
			continue
		}
		if row == nil {
			t.Errorf("mqtt.Message.%s has no row in the table of fields", name)
			continue
		}
		changed := mqtt.Message{}
		reflect.ValueOf(&changed).Elem().Field(i).Set(reflect.ValueOf(mqtttest.Every("")).Field(i))
		if d := changed.Diff(mqtt.Message{}); d != row.Bit {
			t.Errorf("Diff finds %q in a message with %s only", d.Names(), name)
		}
		if with := (mqtt.Message{}).With(changed, row.Bit); with.Diff(changed) != 0 {
			t.Errorf("With does not copy %s", name)
		}
		if changed.Digest(nil) == (mqtt.Message{}).Digest(nil) {
			t.Errorf("the digest does not depend on %s", name)
		}
	}
	if len(rows) != v.NumField()-1 {
		t.Errorf("%d rows for %d fields and the topic", len(rows), v.NumField()-1)
	}
}

func TestShownHasEveryField(t *testing.T) {
	var all mqtt.Fields
	n := 0
	for row := range mqtt.AllFields.Shown() {
		all |= row.Bit
		n++
	}
	if all != mqtt.AllFields || n != len(mqtt.AllFields.Names()) {
		t.Errorf("Shown yields %d fields: %q", n, all.Names())
	}
}

// TestTextIsHideable checks that a redaction hides every field except numbers.
func TestTextIsHideable(t *testing.T) {
	for row := range mqtt.AllFields.Rows() {
		m := mqtttest.Only(row)
		var text bool
		switch row.At(&m).(type) {
		case *string, *[]byte, *[]mqtt.UserProperty:
			text = true
		}
		if mqtt.Hideable.Has(row.Bit) != text {
			t.Errorf("%s is hideable: %v", row.Name, !text)
		}
		hidden := mqtt.Redaction{Fields: row.Bit}.Apply(m)
		if (hidden.Redacted() == row.Bit) != text || (hidden.Diff(m) == row.Bit) != text {
			t.Errorf("%s is hidden as %+v", row.Name, hidden)
		}
		if m.Redacted() != 0 {
			t.Errorf("%s counts as hidden, but is not", row.Name)
		}
		if (m.Size() > 0) != text {
			t.Errorf("the size of %s is %d", row.Name, m.Size())
		}
	}
}

func TestSizeIsTopicPayloadAndProperties(t *testing.T) {
	m := mqtt.Message{
		Topic: "a", Payload: []byte("bc"), ContentType: "def", ResponseTopic: "ghij", CorrelationData: []byte("klmno"),
		UserProperties: []mqtt.UserProperty{{Name: "pq", Value: "rstu"}}, QoS: 1, Expiry: 9,
	}
	if got := m.Size(); got != 21 {
		t.Errorf("got %d bytes", got)
	}
	if got := slices.Collect(m.Strings()); !slices.Equal(got, []string{"def", "ghij", "pq", "rstu"}) {
		t.Errorf("got strings %q", got)
	}
}

// TestStringsAreChecked checks that Check reports strings that a receiver must refuse
// (MQTT-1.5.4-1), and Doubts those that mosquitto refuses.
func TestStringsAreChecked(t *testing.T) {
	for row := range mqtt.Properties.Rows() {
		var wrong, doubtful mqtt.Message
		switch at := row.At(&wrong).(type) {
		case *string:
			*at, *row.At(&doubtful).(*string) = "\xff", "\n"
		case *[]mqtt.UserProperty:
			*at = []mqtt.UserProperty{{Name: "\xff"}}
			*row.At(&doubtful).(*[]mqtt.UserProperty) = []mqtt.UserProperty{{Value: "\n"}}
		default:
			continue
		}
		wrong.Topic, doubtful.Topic = "t", "t"
		if v := (mqtt.Limits{}).Check(wrong); len(v) != 1 || v[0].Field != row.Bit {
			t.Errorf("%s that is not UTF-8: %v", row.Name, v)
		}
		if v := mqtt.Doubts(doubtful); len(v) != 1 || v[0].Field != row.Bit {
			t.Errorf("%s with a control character: %v", row.Name, v)
		}
	}
}
