package state

import (
	"bytes"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/mqtttest"
)

// one returns a snapshot with one record.
func one(m mqtt.Message, hide mqtt.Redaction) *Snapshot {
	m.Topic = "a"
	if m.IsDeletion() {
		m.Payload = []byte("1")
	}
	s := (&Snapshot{Lineage: "l"}).Clone()
	s.Records[Key{"embedded:1", "a"}] = Record{Sealed: Seal(m, hide, []byte("key"))}
	return s
}

// TestEveryFieldIsRecorded checks that a document can hold every field of mqtt's table.
func TestEveryFieldIsRecorded(t *testing.T) {
	for row := range mqtt.AllFields.Rows() {
		s := one(mqtttest.Only(row), mqtt.Redaction{})
		data := encode(t, s)
		if !bytes.Contains(data, []byte(`,"`+row.Name+`":`)) {
			t.Errorf("%s is not written: %s", row.Name, data)
		}
		back, err := Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if d := differ(s, back); d != "" {
			t.Errorf("%s is not read back as it was written:\n%s", row.Name, d)
		}
	}
}

// TestNoStringIsReplaced checks that Encode refuses text that is not UTF-8, which JSON would
// silently replace with U+FFFD.
func TestNoStringIsReplaced(t *testing.T) {
	for row := range mqtt.Properties.Rows() {
		var m mqtt.Message
		switch at := row.At(&m).(type) {
		case *string:
			*at = "\xff"
		case *[]mqtt.UserProperty:
			*at = []mqtt.UserProperty{{Name: "a", Value: "\xff"}}
		default:
			continue
		}
		if _, err := Encode(one(m, mqtt.Redaction{})); err == nil {
			t.Errorf("%s that is not UTF-8 is written", row.Name)
		}
	}
}

// TestEveryHiddenFieldIsSealed checks that a record has a digest of each field that it hides,
// which shows a change of it.
func TestEveryHiddenFieldIsSealed(t *testing.T) {
	key := []byte("key")
	for row := range mqtt.Hideable.Rows() {
		m := mqtttest.Every("a")
		sealed := Seal(m, mqtt.Redaction{Fields: row.Bit}, key)
		if sealed.Secrets[row.Name] == "" || sealed.Message.Redacted() != row.Bit {
			t.Errorf("%s is sealed as %+v", row.Name, sealed)
		}
		if d, _ := sealed.Diff(m, key); d != 0 {
			t.Errorf("with %s hidden the same message differs in %q", row.Name, d.Names())
		}
		if d, _ := sealed.Diff(m.With(mqtt.Message{}, row.Bit), key); d != row.Bit {
			t.Errorf("a change of the hidden %s shows as %q", row.Name, d.Names())
		}
	}
}
