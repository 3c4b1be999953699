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

// TestIgnoredIsRecorded checks that a document can hold what is ignored, and refuses a field that
// it does not know.
func TestIgnoredIsRecorded(t *testing.T) {
	s := one(mqtttest.Every("a"), mqtt.Redaction{})
	key := Key{"embedded:1", "a"}
	r := s.Records[key]
	r.Ignored = mqtt.Ignored{Fields: mqtt.FieldContentType | mqtt.FieldQoS, Leaves: []string{"/*/sw", "/seen"}}
	s.Records[key] = r
	data := encode(t, s)
	back, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if d := differ(s, back); d != "" {
		t.Errorf("it is not read back as it was written:\n%s", d)
	}
	e := entry{IgnoreChanges: []string{"colour"}}
	if _, err := e.record(); err == nil {
		t.Error("an unknown field is read")
	}
}

// TestIgnoredSecretsDoNotDiffer checks that a change of an ignored part within a hidden one is no
// difference, and that every other change of the hidden part is one.
func TestIgnoredSecretsDoNotDiffer(t *testing.T) {
	key := []byte("key")
	ignored := mqtt.Ignored{Leaves: []string{"/wifi/psk"}}
	with := func(payload string) mqtt.Message { return mqtt.Message{Topic: "a", Payload: []byte(payload)} }
	for name, hide := range map[string]mqtt.Redaction{
		"whole": {Fields: mqtt.FieldPayload}, "around": {Leaves: []string{"/wifi"}}, "leaf": {Leaves: []string{"/wifi/psk"}},
	} {
		sealed := SealIgnoring(with(`{"wifi":{"ssid":"home","psk":"1"}}`), hide, ignored, key)
		if d, leaves := sealed.Diff(with(`{"wifi":{"ssid":"home","psk":"2"}}`), key); d != 0 || leaves != nil {
			t.Errorf("%s: the ignored part differs: %q %q", name, d.Names(), leaves)
		}
		if d, _ := sealed.Diff(with(`{"wifi":{"ssid":"work","psk":"1"}}`), key); d == 0 {
			t.Errorf("%s: the rest does not differ", name)
		}
	}
}
