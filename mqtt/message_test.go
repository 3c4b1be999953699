package mqtt

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestFieldNames(t *testing.T) {
	names := AllFields.Names()
	want := []string{"payload", "qos", "payload_format_indicator", "content_type", "response_topic", "correlation_data", "user_properties", "message_expiry"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q", names)
	}
	var all Fields
	for _, name := range names {
		f := FieldNamed(name)
		if !slices.Equal(f.Names(), []string{name}) {
			t.Errorf("FieldNamed(%q) = %v", name, f)
		}
		all |= f
	}
	if all != AllFields || FieldNamed("topic") != 0 || FieldNamed("") != 0 {
		t.Error("the names do not cover the fields")
	}
}

// messages draws messages of few distinct values, so that fields often agree.
func messages() *rapid.Generator[Message] {
	text := rapid.SampledFrom([]string{"", "a", "b", "ab"})
	return rapid.Custom(func(t *rapid.T) Message {
		m := Message{
			Topic:           "t",
			Payload:         []byte(text.Draw(t, "payload")),
			QoS:             QoS(rapid.IntRange(0, 2).Draw(t, "qos")),
			PayloadFormat:   PayloadFormat(rapid.IntRange(0, 1).Draw(t, "format")),
			ContentType:     text.Draw(t, "content type"),
			ResponseTopic:   text.Draw(t, "response topic"),
			CorrelationData: []byte(text.Draw(t, "correlation data")),
			Expiry:          uint32(rapid.IntRange(0, 1).Draw(t, "expiry")),
		}
		for range rapid.IntRange(0, 2).Draw(t, "properties") {
			m.UserProperties = append(m.UserProperties, UserProperty{text.Draw(t, "name"), text.Draw(t, "value")})
		}
		return m
	})
}

func TestDiffFindsExactlyTheFieldsThatDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := messages().Draw(t, "a"), messages().Draw(t, "b")
		d := a.Diff(b)
		if d != b.Diff(a) || a.Diff(a) != 0 {
			t.Fatal("Diff is not symmetric")
		}
		if (d == 0) != cmp.Equal(a, b, cmpopts.EquateEmpty()) {
			t.Fatalf("Diff returns %q:\n%s", d.Names(), cmp.Diff(a, b))
		}
		if rest := a.With(b, d).Diff(b); rest != 0 {
			t.Fatalf("after copying %q, %q still differ", d.Names(), rest.Names())
		}
	})
}

func TestWithCopiesOnlyTheSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := messages().Draw(t, "a"), messages().Draw(t, "b")
		b.Topic = "other"
		set := Fields(rapid.IntRange(0, int(AllFields)).Draw(t, "set"))
		c := a.With(b, set)
		if c.Topic != a.Topic || c.Diff(b)&set != 0 || c.Diff(a)&^set != 0 {
			t.Fatalf("With(%q) returned %+v", set.Names(), c)
		}
	})
}

func TestSortUserProperties(t *testing.T) {
	in := []UserProperty{{"b", "1"}, {"a", "2"}, {"a", "1"}, {"b", "1"}}
	want := []UserProperty{{"a", "1"}, {"a", "2"}, {"b", "1"}, {"b", "1"}}
	if got := SortUserProperties(in); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if in[0].Name != "b" {
		t.Error("the argument was sorted")
	}
}

func TestDeletion(t *testing.T) {
	if m := Deletion("a", 1); !m.IsDeletion() || m.Topic != "a" || m.QoS != 1 {
		t.Errorf("got %+v", m)
	}
	if (Message{Payload: []byte{0}}).IsDeletion() {
		t.Error("a NUL byte is a payload")
	}
}

func TestDigestDistinguishesMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := messages().Draw(t, "a"), messages().Draw(t, "b")
		for _, key := range [][]byte{nil, []byte("key")} {
			if (a.Digest(key) == b.Digest(key)) != (a.Diff(b) == 0) {
				t.Fatalf("Diff returns %q, digests are %s and %s", a.Diff(b).Names(), a.Digest(key), b.Digest(key))
			}
		}
	})
}

// TestDigestBoundaries checks that the same bytes, divided differently among fields, have
// different digests.
func TestDigestBoundaries(t *testing.T) {
	all := []Message{
		{Payload: []byte("ab")}, {ContentType: "ab"}, {ResponseTopic: "ab"}, {CorrelationData: []byte("ab")},
		{Payload: []byte("a"), ContentType: "b"}, {ContentType: "a", ResponseTopic: "b"},
		{ContentType: "b", ResponseTopic: "a"}, {ResponseTopic: "a", CorrelationData: []byte("b")},
		{UserProperties: []UserProperty{{"ab", ""}}}, {UserProperties: []UserProperty{{"a", "b"}}}, {UserProperties: []UserProperty{{"", "ab"}}},
		{UserProperties: []UserProperty{{"a", ""}, {"b", ""}}}, {UserProperties: []UserProperty{{"b", ""}, {"a", ""}}},
		{UserProperties: []UserProperty{{"", ""}}}, {}, {QoS: 1}, {PayloadFormat: UTF8Data}, {Expiry: 1}, {Expiry: 256},
	}
	seen := map[string]Message{}
	for _, m := range all {
		for _, key := range [][]byte{nil, []byte("k"), []byte("other")} {
			d := m.Digest(key)
			if other, there := seen[d]; there {
				t.Errorf("%+v and %+v have the same digest", m, other)
			}
			seen[d] = m
			if m.Topic = "elsewhere"; m.Digest(key) != d {
				t.Errorf("the digest of %+v depends on its topic", m)
			}
		}
	}
}
