package mqtt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestRedactionApply(t *testing.T) {
	const hidden = "(sensitive value)"
	tests := []struct {
		name     string
		r        Redaction
		in, want Message
	}{
		{"nothing", Redaction{}, Message{Payload: []byte("p")}, Message{Payload: []byte("p")}},
		{"leaves", Redaction{Leaves: []string{"/a", "/b/0"}}, Message{Payload: []byte(`{"a": {"x":1}, "b":[2,3.0]}`)}, Message{Payload: []byte(`{"a":"(sensitive value)","b":["(sensitive value)",3.0]}`)}},
		{"leaf that is gone", Redaction{Leaves: []string{"/a"}}, Message{Payload: []byte(`{"b":1}`)}, Message{Payload: []byte(`{"b":1}`)}},
		{"leaf of a damaged document", Redaction{Leaves: []string{"/a"}}, Message{Payload: []byte(`{"a":1`)}, Message{Payload: []byte(hidden)}},
		{"whole document as a leaf", Redaction{Leaves: []string{""}}, Message{Payload: []byte(`{"a":1}`)}, Message{Payload: []byte(hidden)}},
		{"payload", Redaction{Fields: FieldPayload}, Message{Payload: []byte(`{"a":1}`), QoS: 2}, Message{Payload: []byte(hidden), QoS: 2}},
		{"absent fields stay absent", Redaction{Fields: AllFields, Leaves: []string{"/a"}}, Message{QoS: 1}, Message{QoS: 1}},
		{
			"every field", Redaction{Fields: AllFields},
			Message{Payload: []byte("p"), ContentType: "c", ResponseTopic: "r", CorrelationData: []byte("d"), UserProperties: []UserProperty{{"n", "v"}, {"m", "w"}}, Expiry: 5},
			Message{Payload: []byte(hidden), ContentType: hidden, ResponseTopic: hidden, CorrelationData: []byte(hidden), UserProperties: []UserProperty{{hidden, hidden}}, Expiry: 5},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, tt.r.Apply(tt.in)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRedactionUnion(t *testing.T) {
	a := Redaction{Fields: FieldContentType, Leaves: []string{"/b", "/c"}}
	got := a.Union(Redaction{Fields: FieldUserProperties, Leaves: []string{"/a", "/b"}})
	want := Redaction{Fields: FieldContentType | FieldUserProperties, Leaves: []string{"/a", "/b", "/c"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got.Covers() != got.Fields|FieldPayload || got.None() || !(Redaction{}).None() {
		t.Error("Covers or None is wrong")
	}
}

// TestApplyHidesSecrets checks that a secret at a redacted place is never shown.
func TestApplyHidesSecrets(t *testing.T) {
	const secret = `hunter"2`
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c/~"]{1,2}`), 1, 4, rapid.ID).Draw(t, "keys")
		var doc any = secret
		if rapid.Bool().Draw(t, "structured") {
			doc = map[string]any{secret: []string{secret}}
		}
		pointer := ""
		for _, key := range keys {
			if rapid.Bool().Draw(t, "array") {
				doc, pointer = []any{0, doc}, "/1"+pointer
			}
			doc, pointer = map[string]any{key: doc, "other": 1}, "/"+step(key)+pointer
		}
		text, _ := json.Marshal(doc)
		if rapid.Bool().Draw(t, "damaged") {
			text = text[:len(text)-1]
		}
		m := Message{Payload: text, ContentType: secret, ResponseTopic: secret, CorrelationData: []byte(secret), UserProperties: []UserProperty{{secret, secret}}}
		r := Redaction{Fields: AllFields &^ FieldPayload, Leaves: []string{pointer}}
		got := r.Apply(m)
		shown := fmt.Appendf(nil, "%s %s %+v", got.Payload, got.CorrelationData, got)
		if bytes.Contains(shown, []byte("hunter")) {
			t.Fatalf("%s under %q shows %s", text, pointer, shown)
		}
	})
}

// step returns a key as a step of an RFC 6901 pointer.
func step(key string) string {
	var out []byte
	for _, c := range []byte(key) {
		switch c {
		case '~':
			out = append(out, "~0"...)
		case '/':
			out = append(out, "~1"...)
		default:
			out = append(out, c)
		}
	}
	return string(out)
}
