package plan_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// firstFields are the fields with which the golden files were made. A field that is added
// later does not change the files.
const firstFields mqtt.Fields = 1<<8 - 1

// richMessage returns a declaration with every field.
func richMessage(topic string, change func(*spec.Message)) spec.Message {
	return message(topic, `{"setpoint":21,"token":"hunter2"}`, func(m *spec.Message) {
		m.QoS, m.PayloadFormat, m.ContentType, m.ResponseTopic = 2, mqtt.UTF8Data, "application/json", "house/replies"
		m.CorrelationData, m.Expiry = []byte{0, 255}, 3600
		m.UserProperties = []mqtt.UserProperty{{Name: "room", Value: ""}, {Name: "site", Value: "é"}}
		change(m)
	})
}

// TestSavedChangesKeepTheirBytes checks that changes of messages with every field are saved
// as earlier versions saved them, and have the same token.
func TestSavedChangesKeepTheirBytes(t *testing.T) {
	const path = "testdata/every_field.json"
	hide := func(r mqtt.Redaction) func(*spec.Message) { return func(m *spec.Message) { m.Redaction = r } }
	whole, hidden := hide(mqtt.Redaction{}), hide(mqtt.Redaction{Fields: firstFields})
	leaf := hide(mqtt.Redaction{Fields: mqtt.FieldContentType, Leaves: []string{"/token"}})
	w := newWorld()
	w.run(t, w.plan(richMessage("update", whole), richMessage("hidden", hidden), richMessage("leaf", leaf), richMessage("gone", hidden)))
	other := func(r func(*spec.Message)) func(*spec.Message) {
		return func(m *spec.Message) {
			r(m)
			m.Payload, m.ContentType, m.CorrelationData = []byte(`{"setpoint":22,"token":"hunter3"}`), "text/plain", []byte("x")
		}
	}
	p := w.plan(richMessage("update", other(whole)), richMessage("hidden", other(hidden)), richMessage("leaf", other(leaf)), richMessage("new", whole))
	_, body, _ := bytes.Cut(save(t, p), []byte("\n"))
	var document struct{ Changes json.RawMessage }
	if err := json.Unmarshal(body, &document); err != nil {
		t.Fatal(err)
	}
	got := append(bytes.ReplaceAll(document.Changes, []byte(`},{"Reasons"`), []byte("},\n{\"Reasons\"")), '\n')
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs:\n%s", path, diff)
	}
	if token := p.Token(); token != "8f383b6f2fd6d5742a59261d066f5e21" {
		t.Errorf("the token is %s", token)
	}
}
