package state

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/mqtt"
)

// firstFields are the fields with which the golden files were made. A field that is added later
// does not change the files.
const firstFields mqtt.Fields = 1<<8 - 1

// TestLinesKeepTheirBytes checks that a message with every field is written as earlier versions
// wrote it, for several redactions, with and without a key.
func TestLinesKeepTheirBytes(t *testing.T) {
	const path = "testdata/every_field.state.json"
	key := []byte("0123456789abcdef0123456789abcdef")
	all := mqtt.Message{
		Payload: []byte(`{"setpoint":21,"token":"hunter2"}`), QoS: 2, PayloadFormat: mqtt.UTF8Data,
		ContentType: "application/json", ResponseTopic: "house/replies", CorrelationData: []byte{0, 255},
		UserProperties: []mqtt.UserProperty{{Name: "site", Value: "é"}, {Name: "site", Value: ""}}, Expiry: 3600,
	}
	s := (&Snapshot{Lineage: "golden", Serial: 1, DigestKey: key}).Clone()
	add := func(topic string, hide mqtt.Redaction, key []byte) {
		m := all
		m.Topic = topic
		s.Records[Key{"embedded:1", topic}] = Record{Sealed: Seal(m, hide, key), Address: "message.a", UpdatedAt: time.Unix(1e9, 0), OnDestroy: "delete"}
	}
	add("whole", mqtt.Redaction{}, key)
	add("hidden/keyed", mqtt.Redaction{Fields: firstFields}, key)
	add("hidden/unkeyed", mqtt.Redaction{Fields: firstFields}, nil)
	add("leaf/keyed", mqtt.Redaction{Fields: mqtt.FieldContentType, Leaves: []string{"/token"}}, key)
	add("leaf/unkeyed", mqtt.Redaction{Fields: mqtt.FieldContentType, Leaves: []string{"/token"}}, nil)
	_, got, _ := bytes.Cut(encode(t, s), []byte("\n")) // the header has the version
	want, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	if _, lines, _ := bytes.Cut(want, []byte("\n")); !bytes.Equal(lines, got) {
		t.Errorf("%s differs:\n%s", path, cmp.Diff(string(lines), string(got)))
	}
	back, err := Decode(want)
	if err != nil {
		t.Fatal(err)
	}
	if d := differ(s, back); d != "" {
		t.Errorf("it is not read back as it was written:\n%s", d)
	}
}
