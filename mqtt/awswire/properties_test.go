package awswire

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
)

func TestEncodeIsTheDocumentedForm(t *testing.T) {
	text, err := EncodeUserProperties([]mqtt.UserProperty{
		{Name: "deviceName", Value: "alpha"}, {Name: "b", Value: "<&>"}, {Name: "b", Value: "ü"},
	})
	if want := `[{"deviceName":"alpha"},{"b":"<&>"},{"b":"ü"}]`; err != nil || text != want {
		t.Errorf("got %s, %v; want %s", text, err, want)
	}
}

func TestDecode(t *testing.T) {
	ab := []mqtt.UserProperty{{Name: "b", Value: "1"}, {Name: "a", Value: "2"}, {Name: "b", Value: "3"}}
	tests := []struct {
		text string
		want []mqtt.UserProperty
		ok   bool
	}{
		{`[{"b": "1"}, {"a": "2"}, {"b": "3"}]`, ab, true},
		{`[{"b": "1", "a": "2"}, {"b": "3"}]`, ab, true},
		{`[]`, nil, true},
		{``, nil, true},
		{`null`, nil, true},
		{`[{"a": 1}]`, nil, false},
		{`{"a": "1"}`, nil, false},
		{`[["a"]]`, nil, false},
		{`[{"a": "1"}`, nil, false},
		{`[{"a": "1"}] x`, nil, false},
		{`[{"a": "1"}][]`, nil, false},
	}
	for _, test := range tests {
		got, err := DecodeUserProperties([]byte(test.text))
		if (err == nil) != test.ok || !cmp.Equal(got, test.want) {
			t.Errorf("%s: got %v, %v", test.text, got, err)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		props := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) mqtt.UserProperty {
			return mqtt.UserProperty{Name: rapid.String().Draw(t, "name"), Value: rapid.String().Draw(t, "value")}
		}), 1, 5).Draw(t, "props")
		text, err := EncodeUserProperties(props)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeUserProperties([]byte(text))
		if err != nil || !cmp.Equal(got, props) {
			t.Fatalf("%s: got %v, %v; want %v", text, got, err, props)
		}
	})
}

func FuzzDecodeUserProperties(f *testing.F) {
	for _, seed := range []string{`[{"a":"b"},{"a":"c"}]`, `[]`, `null`, `[{"a":{}}]`, `[`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		props, err := DecodeUserProperties(text)
		if err != nil {
			return
		}
		again, err := EncodeUserProperties(props)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeUserProperties([]byte(again)); err != nil || !cmp.Equal(back, props) {
			t.Fatalf("%q: %v became %v, %v", text, props, back, err)
		}
	})
}
