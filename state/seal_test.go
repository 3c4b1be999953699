package state

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/payload"
)

func TestSeal(t *testing.T) {
	m := mqtt.Message{Topic: "t", Payload: []byte(`{"user":"u","password":"hunter2"}`), ContentType: "secret/type", QoS: 1}
	key := []byte("key")
	r := mqtt.Redaction{Fields: mqtt.FieldContentType, Leaves: []string{"/password", "/gone"}}

	plain := Seal(m, mqtt.Redaction{}, key)
	if plain.Digest != m.Digest(nil) || plain.Secrets != nil || plain.Message.Diff(m) != 0 {
		t.Errorf("without a redaction: %+v", plain)
	}
	keyed := Seal(m, r, key)
	if keyed.Digest != m.Digest(key) || fmt.Sprint(keyed.Redaction) != fmt.Sprint(r) {
		t.Errorf("with a key: %+v", keyed)
	}
	names := slices.Sorted(maps.Keys(keyed.Secrets))
	if want := []string{"/password", "content_type", "payload"}; !slices.Equal(names, want) {
		t.Errorf("secrets of %q, want %q", names, want)
	}
	unkeyed := Seal(m, r, nil)
	if unkeyed.Digest != unkeyed.Message.Digest(nil) || unkeyed.Secrets != nil {
		t.Errorf("without a key: %+v", unkeyed)
	}
	for _, s := range []Sealed{keyed, unkeyed} {
		if text := fmt.Sprintf("%+v %s", s, s.Payload); strings.Contains(text, "hunter2") || strings.Contains(text, "secret/type") {
			t.Errorf("a secret shows in %s", text)
		}
	}
	if other := Seal(m, r, []byte("other")); other.Digest == keyed.Digest || other.Secrets["payload"] == keyed.Secrets["payload"] {
		t.Error("the digests do not depend on the key")
	}
}

// TestSecretsOfEqualValuesDiffer checks that the same secret in two places has two digests.
func TestSecretsOfEqualValuesDiffer(t *testing.T) {
	m := mqtt.Message{Payload: []byte(`{"a":"x","b":"x"}`), ContentType: "x", ResponseTopic: "x"}
	s := Seal(m, mqtt.Redaction{Fields: mqtt.FieldContentType | mqtt.FieldResponseTopic, Leaves: []string{"/a", "/b"}}, []byte("key"))
	seen := map[string]string{}
	for name, digest := range s.Secrets {
		if other, there := seen[digest]; there {
			t.Errorf("%s and %s have the same digest", name, other)
		}
		seen[digest] = name
	}
}

func TestSealedDiff(t *testing.T) {
	doc := func(s string) mqtt.Message { return mqtt.Message{Payload: []byte(s)} }
	leaf := mqtt.Redaction{Leaves: []string{"/a", "/b"}}
	tests := []struct {
		name   string
		r      mqtt.Redaction
		was    mqtt.Message
		is     mqtt.Message
		fields mqtt.Fields
		leaves []string
	}{
		{"a leaf", leaf, doc(`{"a":1,"b":2,"c":3}`), doc(`{"a":1,"b":5,"c":3}`), mqtt.FieldPayload, []string{"/b"}},
		{"beside the leaves", leaf, doc(`{"a":1,"c":3}`), doc(`{"a":1,"c":4}`), mqtt.FieldPayload, nil},
		{"a leaf gone", leaf, doc(`{"a":1,"c":3}`), doc(`{"c":3}`), mqtt.FieldPayload, []string{"/a"}},
		{"a leaf added", leaf, doc(`{"a":1}`), doc(`{"a":1,"b":1}`), mqtt.FieldPayload, []string{"/b"}},
		{"leaves swapped", leaf, doc(`{"a":1,"b":2}`), doc(`{"a":2,"b":1}`), mqtt.FieldPayload, []string{"/a", "/b"}},
		{"the redacted text itself", leaf, doc(`{"a":1}`), doc(`{"a":"(sensitive value)"}`), mqtt.FieldPayload, []string{"/a"}},
		{"white space", leaf, doc(`{"a":1}`), doc(`{"a": 1}`), mqtt.FieldPayload, nil},
		{"not a document any more", leaf, doc(`{"a":1}`), doc(`{"a":1`), mqtt.FieldPayload, []string{"/a"}},
		{"not a document before either", leaf, doc(`x`), doc(`y`), mqtt.FieldPayload, nil},
		{"a field", mqtt.Redaction{Fields: mqtt.FieldContentType}, mqtt.Message{ContentType: "a"}, mqtt.Message{ContentType: "b", QoS: 1}, mqtt.FieldContentType | mqtt.FieldQoS, nil},
		{"a field gone", mqtt.Redaction{Fields: mqtt.FieldUserProperties}, mqtt.Message{UserProperties: []mqtt.UserProperty{{Name: "a"}}}, mqtt.Message{}, mqtt.FieldUserProperties, nil},
		{"fields that are never hidden", mqtt.Redaction{Fields: mqtt.AllFields}, mqtt.Message{Expiry: 1}, mqtt.Message{QoS: 1, PayloadFormat: 1}, mqtt.FieldExpiry | mqtt.FieldQoS | mqtt.FieldPayloadFormat, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key := []byte("key")
			fields, leaves := Seal(tt.was, tt.r, key).Diff(tt.is, key)
			if fields != tt.fields || !slices.Equal(leaves, tt.leaves) {
				t.Errorf("got %q %q", fields.Names(), leaves)
			}
		})
	}
}

// TestSealedDiffWithoutAKey checks that without a key Diff finds only changes that the redacted
// form shows.
func TestSealedDiffWithoutAKey(t *testing.T) {
	s := Seal(mqtt.Message{Payload: []byte(`{"a":1,"b":2}`)}, mqtt.Redaction{Leaves: []string{"/a"}}, nil)
	for text, want := range map[string]mqtt.Fields{`{"a":9,"b":2}`: 0, `{"a":1,"b":3}`: mqtt.FieldPayload} {
		if got, leaves := s.Diff(mqtt.Message{Payload: []byte(text)}, []byte("key")); got != want || leaves != nil {
			t.Errorf("%s: %q %q", text, got.Names(), leaves)
		}
	}
}

// messages generates messages whose payload is often a small document.
func messages() *rapid.Generator[mqtt.Message] {
	text := rapid.SampledFrom([]string{"", "a", "b", "é", "(sensitive value)", "\u2028<>&\x00\"\\"})
	value := rapid.SampledFrom([]string{`1`, `1.0`, `"s"`, `{"x":1}`, `[]`, `"(sensitive value)"`})
	return rapid.Custom(func(t *rapid.T) mqtt.Message {
		m := mqtt.Message{
			Topic:           "t",
			Payload:         []byte(rapid.SampledFrom([]string{"text", "\xff\x00", "{", "1", "\n"}).Draw(t, "payload")),
			QoS:             mqtt.QoS(rapid.IntRange(0, 2).Draw(t, "qos")),
			PayloadFormat:   mqtt.PayloadFormat(rapid.IntRange(0, 1).Draw(t, "format")),
			ContentType:     text.Draw(t, "content type"),
			ResponseTopic:   text.Draw(t, "response topic"),
			CorrelationData: []byte(rapid.SampledFrom([]string{"", "a", "\xff"}).Draw(t, "correlation data")),
			Expiry:          rapid.Uint32Range(0, 2).Draw(t, "expiry"),
		}
		if rapid.Bool().Draw(t, "document") {
			m.Payload = fmt.Appendf(nil, `{"a":%s,"b~/":%s}`, value.Draw(t, "a"), value.Draw(t, "b"))
		}
		for range rapid.IntRange(0, 2).Draw(t, "properties") {
			m.UserProperties = append(m.UserProperties, mqtt.UserProperty{Name: text.Draw(t, "name"), Value: text.Draw(t, "value")})
		}
		return m
	})
}

func redactions() *rapid.Generator[mqtt.Redaction] {
	leaves := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"", "/a", "/a/x", "/b~0~1", "/gone"}), 0, 3, rapid.ID)
	return rapid.Custom(func(t *rapid.T) mqtt.Redaction {
		r := mqtt.Redaction{Leaves: leaves.Draw(t, "leaves")}
		if rapid.Bool().Draw(t, "redact fields") {
			r.Fields = mqtt.Fields(rapid.Uint16Range(0, uint16(mqtt.AllFields)).Draw(t, "fields"))
		}
		slices.Sort(r.Leaves)
		return r
	})
}

func TestSealedDiffIsTheDiffOfWhatWasSealed(t *testing.T) {
	key := []byte("key")
	rapid.Check(t, func(t *rapid.T) {
		was, is, r := messages().Draw(t, "was"), messages().Draw(t, "is"), redactions().Draw(t, "redaction")
		s := Seal(was, r, key)
		if fields, leaves := s.Diff(was, key); fields != 0 || leaves != nil {
			t.Fatalf("a message differs from itself in %q %q", fields.Names(), leaves)
		}
		fields, leaves := s.Diff(is, key)
		if want := was.Diff(is); fields != want {
			t.Fatalf("got %q, want %q", fields.Names(), want.Names())
		}
		if want := changedLeaves(was, is, r.Leaves); !slices.Equal(leaves, want) {
			t.Fatalf("got leaves %q, want %q", leaves, want)
		}
		if same := Seal(is, r, key).Digest == s.Digest; same != (fields == 0) {
			t.Fatalf("digests equal: %v, but %q differ", same, fields.Names())
		}
	})
}

func changedLeaves(was, is mqtt.Message, pointers []string) (changed []string) {
	a, aok := payload.Parse(was.Payload)
	b, bok := payload.Parse(is.Payload)
	for _, p := range pointers {
		var before, after string
		if aok {
			before, _ = a.Get(p)
		}
		if bok {
			after, _ = b.Get(p)
		}
		if before != after {
			changed = append(changed, p)
		}
	}
	return changed
}

func TestNewSnapshot(t *testing.T) {
	a, err := NewSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	b, _ := NewSnapshot()
	if a.Lineage == b.Lineage || len(a.Lineage) != 36 || a.Lineage[14] != '4' || !strings.ContainsRune("89ab", rune(a.Lineage[19])) {
		t.Errorf("lineages %s and %s", a.Lineage, b.Lineage)
	}
	if string(a.DigestKey) == string(b.DigestKey) || len(a.DigestKey) != 32 || a.Serial != 0 {
		t.Errorf("keys %x and %x", a.DigestKey, b.DigestKey)
	}
	c := a.Clone()
	c.Brokers["x"], c.Records[Key{}], c.Pending[Key{}] = Pin{}, Record{}, Pending{}
	c.DigestKey[0]++
	if len(a.Brokers)+len(a.Records)+len(a.Pending) > 0 || c.DigestKey[0] == a.DigestKey[0] {
		t.Error("a change of the clone changes the original")
	}
	if d := cmp.Diff(a, a.Clone()); d != "" {
		t.Error(d)
	}
}
