package mqtt

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestRedactionSpread redacts live messages that have secrets in other places than the
// declaration.
func TestRedactionSpread(t *testing.T) {
	const hidden = `"(sensitive value)"`
	leaf := func(pointers ...string) Redaction { return Redaction{Leaves: pointers} }
	for _, tt := range []struct {
		name              string
		r                 Redaction
		declared          string
		recorded          string // redacted, as the state has it
		live, want        string
		liveType, wantTyp string
	}{
		{name: "at its place", r: leaf("/psk"), declared: `{"n":1,"psk":"hunter2"}`, live: `{"n":2,"psk":"other"}`, want: `{"n":2,"psk":` + hidden + `}`},
		{name: "became an object", r: leaf("/psk"), declared: `{"n":1,"psk":"hunter2"}`, live: `{"n":2,"psk":{"k":"old"}}`, want: `{"n":2,"psk":` + hidden + `}`},
		{name: "renamed", r: leaf("/wifi/psk"), declared: `{"n":1,"wifi":{"ssid":"a","psk":"hunter2"}}`, live: `{"n":2,"wifi":{"ssid":"b","password":"old"}}`, want: `{"n":2,"wifi":{"ssid":"b","password":` + hidden + `}}`},
		{name: "gone without a trace", r: leaf("/wifi/psk"), declared: `{"n":1,"wifi":{"ssid":"a","psk":"hunter2"}}`, live: `{"n":2,"wifi":{"ssid":"b"}}`, want: `{"n":2,"wifi":{"ssid":"b"}}`},
		{name: "its object became a string", r: leaf("/wifi/psk"), declared: `{"n":1,"wifi":{"psk":"hunter2"}}`, live: `{"n":2,"wifi":"old"}`, want: `{"n":2,"wifi":` + hidden + `}`},
		{name: "its object became an array", r: leaf("/wifi/psk"), declared: `{"n":1,"wifi":{"psk":"hunter2"}}`, live: `{"n":2,"wifi":["old"]}`, want: `{"n":2,"wifi":` + hidden + `}`},
		{name: "an array that shifted", r: leaf("/keys/0"), declared: `{"keys":["hunter2","public"]}`, live: `{"keys":["x","old","y"]}`, want: `{"keys":[` + hidden + `,` + hidden + `,` + hidden + `]}`},
		{name: "an array of objects that grew", r: leaf("/u/0/pw"), declared: `{"u":[{"id":1,"pw":"hunter2"}]}`, live: `{"u":[{"id":1,"pw":"a"},{"id":2,"pw":"b"}]}`, want: `{"u":[{"id":1,"pw":` + hidden + `},{"id":2,"pw":` + hidden + `}]}`},
		{name: "the same secret elsewhere", r: leaf("/psk"), declared: `{"psk":"hunter2"}`, live: `{"psk":"other","note":"was hunter2","url":"mqtt://u:other@h","k":7}`, want: `{"psk":` + hidden + `,"note":` + hidden + `,"url":` + hidden + `,"k":7}`},
		{name: "a number elsewhere", r: leaf("/pin"), declared: `{"pin":4711}`, live: `{"pin":1234,"copy":4711,"n":12}`, want: `{"pin":` + hidden + `,"copy":` + hidden + `,"n":12}`},
		{name: "a secret as a name", r: leaf("/psk"), declared: `{"psk":"hunter2"}`, live: `{"psk":"x","by":{"hunter2":1}}`, want: `{"psk":` + hidden + `,"by":` + hidden + `}`},
		{name: "public in the declaration", r: leaf("/psk"), declared: `{"site":"home","psk":"home"}`, live: `{"site":"home","psk":"x"}`, want: `{"site":"home","psk":` + hidden + `}`},
		{name: "public as it was recorded", r: leaf("/psk"), recorded: `{"extra":1,"psk":` + hidden + `}`, live: `{"extra":2,"password":"old"}`, want: `{"extra":2,"password":` + hidden + `}`},
		{name: "not a document", r: leaf("/psk"), declared: `{"psk":"hunter2"}`, live: `psk=old`, want: `(sensitive value)`},
		{name: "in another field", r: leaf("/psk"), declared: `{"psk":"hunter2"}`, live: `{"psk":"x"}`, want: `{"psk":` + hidden + `}`, liveType: "text/hunter2", wantTyp: "(sensitive value)"},
		{name: "of another field", r: Redaction{Fields: FieldContentType}, declared: `x`, live: `text/old here`, want: `(sensitive value)`, liveType: "text/old", wantTyp: "(sensitive value)"},
		{name: "a short one is not looked for", r: leaf("/on"), declared: `{"on":"on"}`, live: `{"on":"on","mode":"on"}`, want: `{"on":` + hidden + `,"mode":"on"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var known []Message
			for _, text := range []string{tt.declared, tt.recorded} {
				if text != "" {
					known = append(known, Message{Payload: []byte(text)})
				}
			}
			live := Message{Payload: []byte(tt.live), ContentType: tt.liveType}
			want := Message{Payload: []byte(tt.want), ContentType: tt.wantTyp}
			if d := cmp.Diff(want, tt.r.Spread(live, known...).Apply(live)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestSpreadHidesASecretEverywhere checks that a declared secret is hidden in every place of a
// live message.
func TestSpreadHidesASecretEverywhere(t *testing.T) {
	const secret = "hunter\"2\n"
	rapid.Check(t, func(t *rapid.T) {
		var anything *rapid.Generator[any]
		anything = rapid.Custom(func(t *rapid.T) any {
			switch rapid.IntRange(0, 6).Draw(t, "kind") {
			case 0:
				return []any{anything.Draw(t, "first"), anything.Draw(t, "second")}
			case 1, 2:
				return map[string]any{rapid.SampledFrom([]string{"a", "psk", "wifi", secret}).Draw(t, "name"): anything.Draw(t, "member"), "n": 1}
			case 3:
				return "x" + secret
			}
			return secret
		})
		text, _ := json.Marshal(anything.Draw(t, "live"))
		declared, _ := json.Marshal(map[string]any{"wifi": map[string]any{"psk": secret}})
		r := Redaction{Leaves: []string{"/wifi/psk"}}
		live := Message{Payload: text, UserProperties: []UserProperty{{"a", secret}}}
		if got := r.Spread(live, Message{Payload: declared}).Apply(live); bytes.Contains(got.Payload, []byte("hunter")) || got.UserProperties[0].Value == secret {
			t.Fatalf("%s shows %+v", text, got)
		}
	})
}

// TestRedactionAllBut checks that only values that are known to be public are shown.
func TestRedactionAllBut(t *testing.T) {
	const hidden = `"(sensitive value)"`
	r := Redaction{Leaves: []string{"/psk"}}
	recorded := Message{Payload: []byte(`{"n":1,"site":"a","psk":` + hidden + `}`), ContentType: "json"}
	live := Message{Payload: []byte(`{"n":2,"site":"a","psk":"x","note":"was hunter2"}`), ContentType: "hunter2", ResponseTopic: "r"}
	want := Message{Payload: []byte(`{"n":` + hidden + `,"site":"a","psk":` + hidden + `,"note":` + hidden + `}`), ContentType: RedactedText, ResponseTopic: RedactedText}
	if d := cmp.Diff(want, r.AllBut(live, recorded).Apply(live)); d != "" {
		t.Error(d)
	}
	psk := Message{Payload: []byte("psk hunter2")}
	if got := r.AllBut(psk, recorded).Apply(psk); string(got.Payload) != RedactedText {
		t.Errorf("text shows %s", got.Payload)
	}
	if got := (Redaction{}).AllBut(live, recorded); !got.None() {
		t.Errorf("nothing is sensitive, but %+v is hidden", got)
	}
}
