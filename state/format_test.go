package state

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
)

// sample returns a snapshot with every kind of line and member.
func sample() *Snapshot {
	const broker = Identity("mqtt:broker.lab:8883")
	key := bytes.Repeat([]byte{7}, 32)
	at := time.Date(2026, 3, 1, 12, 0, 0, 500, time.UTC)
	full := mqtt.Message{
		Topic: "house/attic", Payload: []byte(`{"set<point>":21,"token":"hunter2"}`), QoS: 1, PayloadFormat: mqtt.UTF8Data,
		ContentType: "application/json", ResponseTopic: "replies", CorrelationData: []byte{0, 255}, Expiry: 3600,
		UserProperties: []mqtt.UserProperty{{Name: "site", Value: "é"}, {Name: "site", Value: ""}},
	}
	redaction := mqtt.Redaction{Fields: mqtt.FieldResponseTopic, Leaves: []string{"/token"}}
	record := Record{
		Sealed: Seal(full, redaction, key), Address: `message.house["attic"]`, UpdatedAt: at, Modified: at.Add(time.Hour),
		OrderedProperties: true, OnDestroy: "forget", PreventDestroy: true, DependsOn: []string{"message.b", "message.a"},
	}
	plain := Record{Sealed: Seal(mqtt.Message{Topic: "house/bin", Payload: []byte("\xff\x00")}, mqtt.Redaction{}, key), Address: "message.bin", UpdatedAt: at, OnDestroy: "delete"}
	added := record
	added.Topic = "house/new"
	return &Snapshot{
		Lineage: "3f0e1d5c-8a54-4d1b-9a77-0c52f1a0b9de", Serial: 7, DigestKey: key,
		Brokers: map[Identity]Pin{broker: {"mqtt", "lab"}, "embedded:1": {"embedded", "dev"}},
		Records: map[Key]Record{{broker, "house/attic"}: record, {broker, "house/bin"}: plain},
		Pending: map[Key]Pending{
			{broker, "house/bin"}: {After: &plain, Before: "00ff"},
			{broker, "house/old"}: {Before: "00ff"},
			{broker, "house/new"}: {After: &added},
		},
	}
}

func encode(t interface {
	Helper()
	Fatal(...any)
}, s *Snapshot) []byte {
	t.Helper()
	data, err := Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func differ(a, b *Snapshot) string { return cmp.Diff(a, b, cmpopts.EquateEmpty()) }

func TestSampleRoundTrip(t *testing.T) {
	data := encode(t, sample())
	back, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if d := differ(sample(), back); d != "" {
		t.Error(d)
	}
	if again := encode(t, back); !bytes.Equal(data, again) {
		t.Errorf("written back as\n%s\nnot\n%s", again, data)
	}
	if bytes.Contains(data, []byte("hunter2")) || bytes.Contains(data, []byte("replies")) {
		t.Error("a secret is in the document")
	}
	if lines := bytes.Count(data, []byte("\n")); lines != 7 {
		t.Errorf("%d lines:\n%s", lines, data)
	}
}

func snapshots() *rapid.Generator[*Snapshot] {
	id := rapid.SampledFrom([]Identity{"mqtt:a:1", "mqtt:b:1", "aws_iot:r:h"})
	topic := rapid.StringMatching(`[ab/é" ]{1,4}`)
	times := rapid.Custom(func(t *rapid.T) time.Time { return time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "s"), 5).UTC() })
	return rapid.Custom(func(t *rapid.T) *Snapshot {
		s := (&Snapshot{Lineage: "l", Serial: rapid.Uint64().Draw(t, "serial"), DigestKey: []byte("0123456789abcdef0123456789abcdef")}).Clone()
		record := func(topic string) Record {
			m := messages().Draw(t, "message")
			m.Topic = topic
			return Record{
				Sealed: Seal(m, redactions().Draw(t, "redaction"), s.DigestKey), Address: topic, UpdatedAt: times.Draw(t, "updated"),
				OrderedProperties: rapid.Bool().Draw(t, "ordered"), OnDestroy: "delete", PreventDestroy: rapid.Bool().Draw(t, "prevent"),
				DependsOn: rapid.SliceOfN(topicGenerator(topic), 0, 2).Draw(t, "depends"),
			}
		}
		for range rapid.IntRange(0, 4).Draw(t, "records") {
			key := Key{id.Draw(t, "broker"), topic.Draw(t, "topic")}
			s.Brokers[key.Broker] = Pin{"mqtt", "b"}
			s.Records[key] = record(key.Topic)
		}
		for range rapid.IntRange(0, 2).Draw(t, "pending") {
			key, p := Key{id.Draw(t, "broker"), topic.Draw(t, "topic")}, Pending{Before: "d"}
			if rapid.Bool().Draw(t, "publish") {
				r := record(key.Topic)
				p.After = &r
			}
			s.Pending[key] = p
		}
		return s
	})
}

func topicGenerator(topic string) *rapid.Generator[string] {
	return rapid.SampledFrom([]string{topic, "message.a"})
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := snapshots().Draw(t, "snapshot")
		data := encode(t, s)
		back, err := Decode(data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if d := differ(s, back); d != "" {
			t.Fatal(d)
		}
		if !bytes.Equal(encode(t, back), data) {
			t.Fatal("not stable")
		}
	})
}

func TestEveryTruncationIsFound(t *testing.T) {
	data := encode(t, sample())
	for n := range len(data) - 1 { // nothing is lost with the last newline
		var damaged *DamagedError
		if _, err := Decode(data[:n]); !errors.As(err, &damaged) {
			t.Fatalf("cut to %d bytes of %d: %v", n, len(data), err)
		}
	}
}

func TestEveryFlippedBitIsFoundOrHarmless(t *testing.T) {
	data := encode(t, sample())
	for i := range data {
		for bit := range 8 {
			data[i] ^= 1 << bit
			if s, err := Decode(data); err == nil {
				if d := differ(sample(), s); d != "" {
					t.Fatalf("bit %d of byte %d: %s", bit, i, d)
				}
			}
			data[i] ^= 1 << bit
		}
	}
}

// TestLinesMerge checks that lines of two documents with the same header combine to a document,
// as in a merge by line.
func TestLinesMerge(t *testing.T) {
	ours, theirs := sample(), sample()
	key := Key{"mqtt:broker.lab:8883", "house/attic"}
	changed := theirs.Records[key]
	changed.Address = "message.moved"
	theirs.Records[key] = changed
	added := Key{key.Broker, "house/attic/2"}
	changed.Topic = added.Topic
	theirs.Records[added] = changed
	delete(ours.Records, Key{key.Broker, "house/bin"})

	a, b := bytes.SplitAfter(encode(t, ours), []byte("\n")), bytes.SplitAfter(encode(t, theirs), []byte("\n"))
	merged := bytes.Join([][]byte{a[0], b[1], b[2], bytes.Join(a[2:], nil)}, nil)
	got, err := Decode(merged)
	if err != nil {
		t.Fatal(err)
	}
	want := theirs.Clone()
	delete(want.Records, Key{key.Broker, "house/bin"})
	if d := differ(want, got); d != "" {
		t.Error(d)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := strings.SplitAfter(string(encode(t, sample())), "\n")
	header, record, end := good[0], good[1], endLine+"\n"
	sealed := func(line string) string {
		return strings.TrimSuffix(line, "}") + checksumStart + checksum([]byte(line)) + checksumEnd + "\n"
	}
	const minimal = `{"format_version":1,"lineage":"l","serial":1,"brokers":[]`
	tests := []struct{ name, in, says string }{
		{"empty", "", "line 1: the file is empty"},
		{"terraform", "{\n  \"version\": 4,\n  \"terraform_version\": \"1.11.4\",\n  \"serial\": 1,\n  \"lineage\": \"x\"\n}\n", "line 1: it is not the first line of a retainctl state"},
		{"text", "hello\n", `but "hello"`},
		{"binary", "\xff\xfe{\x00", "not the first line of a retainctl state"},
		{"null", "null\n", "not the first line"},
		{"header without a checksum", minimal + "}\n" + end, "line 1: it does not end in a checksum"},
		{"header without a lineage", sealed(`{"format_version":1,"serial":1,"brokers":[]}`) + end, "no lineage"},
		{"version 0", sealed(`{"format_version":0,"lineage":"l"}`) + end, "no format version"},
		{"broker twice", sealed(minimal[:len(minimal)-1]+`{"identity":"i"},{"identity":"i"}]}`) + end, `"i" occurs twice`},
		{"no end", header + record, "line 3: the document ends here without its end line"},
		{"after the end", header + end + record, "follows the end line"},
		{"empty line", header + "\n" + end, "line 2: it does not end in a checksum"},
		{"edited by hand", header + strings.Replace(record, `"qos":1`, `"qos":0`, 1) + end, "line 2: it does not match its checksum"},
		{"conflict in the header", "<<<<<<< ours\n" + header + "=======\n" + header + ">>>>>>> theirs\n" + end, "line 1: it is a git conflict marker. Resolve the merge"},
		{"conflict", header + record + "<<<<<<< ours\n" + end, "line 3: it is a git conflict marker"},
		{"conflict middle", header + "=======\n" + end, "line 2: it is a git conflict marker"},
		{"topic twice", header + record + record + end, `line 3: the topic "house/attic" occurs twice`},
		{"pending twice", header + good[3] + good[3] + end, "occurs twice"},
		{"unknown member", header + sealed(`{"broker":"b","topic":"t","new":1}`) + end, `line 2: it cannot be decoded: unknown field "new"`},
		{"no topic", header + sealed(`{"broker":"b"}`) + end, "no topic"},
		{"no object", header + sealed(`[1]}`) + end, "line 2: "},
		{"cut object", header + sealed(`{"broker":{"a":1}`) + end, "line 2: it cannot be decoded"},
		{"two objects", header + sealed(`{"broker":"b","topic":"t"} {}`) + end, "more than one"},
		{"payload format", header + sealed(`{"broker":"b","topic":"t","payload_format_indicator":"x"}`) + end, `"x" is unknown`},
		{"sensitive field", header + sealed(`{"broker":"b","topic":"t","sensitive":["x"]}`) + end, `"x" is unknown`},
		{"pending kind", header + sealed(`{"broker":"b","topic":"t","pending":"x","payload":"1"}`) + end, `"x" is unknown`},
		{"no payload", header + sealed(`{"broker":"b","topic":"t","qos":1}`) + end, `line 2: the message of "t" has an empty payload`},
		{"no payload, pending", header + sealed(`{"broker":"b","topic":"t","pending":"publish"}`) + end, `"t" has an empty payload`},
		{"wildcard", header + sealed(`{"broker":"b","topic":"t/#","payload":"1"}`) + end, `the topic "t/#" cannot be recorded`},
		{"wildcard, pending", header + sealed(`{"broker":"b","topic":"+","pending":"delete"}`) + end, `the topic "+" cannot be recorded`},
		{"reserved topic", header + sealed(`{"broker":"b","topic":"$SYS/a","payload":"1"}`) + end, "reserved"},
		{"topic with U+0000", header + sealed(`{"broker":"b","topic":"\u0000","payload":"1"}`) + end, "U+0000"},
		{"QoS 3", header + sealed(`{"broker":"b","topic":"t","payload":"1","qos":3}`) + end, "has the QoS 3"},
		{"on_destroy", header + sealed(`{"broker":"b","topic":"t","payload":"1","on_destroy":"keep"}`) + end, `the on_destroy "keep" of "t" is unknown`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Decode([]byte(tt.in))
			var damaged *DamagedError
			if s != nil || !errors.As(err, &damaged) || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("got %v, %v, want %q", s, err, tt.says)
			}
			if damaged.Advice == "" {
				t.Error("no advice")
			}
		})
	}
}

// TestNothingIsWrittenThatCannotBeRead checks that Encode refuses what Decode would.
func TestNothingIsWrittenThatCannotBeRead(t *testing.T) {
	for name, edit := range map[string]func(*Record) Key{
		"empty payload": func(r *Record) Key { r.Payload = nil; return Key{"b", "a"} },
		"wildcard":      func(*Record) Key { return Key{"b", "a/#"} },
		"QoS 3":         func(r *Record) Key { r.QoS = 3; return Key{"b", "a"} },
		"on_destroy":    func(r *Record) Key { r.OnDestroy = "keep"; return Key{"b", "a"} },
	} {
		r := sample().Records[Key{"mqtt:broker.lab:8883", "house/bin"}]
		key := edit(&r)
		for what, s := range map[string]*Snapshot{
			"recorded": {Lineage: "l", Records: map[Key]Record{key: r}},
			"pending":  {Lineage: "l", Pending: map[Key]Pending{key: {After: &r}}},
		} {
			if data, err := Encode(s); err == nil {
				t.Errorf("%s, %s: written as %s", name, what, data)
			}
		}
	}
}

func TestDecodeNamesANewerFormat(t *testing.T) {
	for _, in := range []string{`{"format_version":2,"something":[]}`, `{"shape":"other","format_version":99}` + "\nbinary"} {
		_, err := Decode([]byte(in))
		var newer *NewerFormatError
		if !errors.As(err, &newer) || !strings.Contains(err.Error(), "up to 1") {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestDecodeAcceptsWindowsLineEnds(t *testing.T) {
	s, err := Decode(bytes.ReplaceAll(encode(t, sample()), []byte("\n"), []byte("\r\n")))
	if err != nil || differ(sample(), s) != "" {
		t.Error(err)
	}
}

func TestEncodeRefusesInvalidUTF8(t *testing.T) {
	s := sample()
	for key, r := range s.Records {
		r.ContentType = "\xff"
		s.Records[key] = r
	}
	if _, err := Encode(s); err == nil {
		t.Error("text that is not UTF-8 was replaced silently")
	}
}

// TestDocumentedSample checks that the sample in the documentation is the document of sample, and
// that every member is explained.
func TestDocumentedSample(t *testing.T) {
	const page = "../docs/state-format.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```text\n(.*?)```").FindSubmatch(text)
	if block == nil {
		t.Fatalf("%s has no sample", page)
	}
	if want := encode(t, sample()); !bytes.Equal(block[1], want) {
		t.Errorf("the sample of %s should be\n%s", page, want)
	}
	for _, member := range regexp.MustCompile(`json:"([a-z0-9_]+)`).FindAllSubmatch(source(t), -1) {
		if !bytes.Contains(text, []byte("`"+string(member[1])+"`")) {
			t.Errorf("%s does not explain %s", page, member[1])
		}
	}
}

// source returns the source files that declare the members.
func source(t *testing.T) (all []byte) {
	for _, name := range []string{"format.go", "entry.go"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

func FuzzDecode(f *testing.F) {
	data, err := Encode(sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"format_version":1,"lineage":"l"}`))
	f.Add([]byte("{\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		check(t, data)
		// A mutation rarely matches its checksum, so replace the checksums.
		check(t, resealed(data))
	})
}

// resealed returns data with the right checksum in every line that can have one.
func resealed(data []byte) []byte {
	var out []byte
	for line := range bytes.Lines(data) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if cut := bytes.LastIndex(line, []byte(checksumStart)); cut > 0 {
			line = append(bytes.Clone(line[:cut]), '}')
		}
		if string(line) != endLine && bytes.HasSuffix(line, []byte("}")) {
			line = fmt.Appendf(nil, "%s%s%s%s", line[:len(line)-1], checksumStart, checksum(line), checksumEnd)
		}
		out = append(append(out, line...), '\n')
	}
	return out
}

func check(t *testing.T, data []byte) {
	s, err := Decode(data)
	if err != nil {
		return
	}
	again, err := Decode(encode(t, s))
	if err != nil {
		t.Fatalf("it cannot be decoded again: %v", err)
	}
	if d := differ(s, again); d != "" {
		t.Fatal(d)
	}
}

// large returns a snapshot with 100,000 records.
func large() *Snapshot {
	s := sample().Clone()
	for i := range 100_000 {
		m := mqtt.Message{
			Topic: fmt.Sprintf("site/a/thermostat/%06d/config", i), QoS: 1, ContentType: "application/json",
			Payload:        fmt.Appendf(nil, `{"setpoint":%d,"unit":"C","schedule":[6,9,17,22],"name":"thermostat %d"}`, i%30, i),
			UserProperties: []mqtt.UserProperty{{Name: "site", Value: "a"}},
		}
		s.Records[Key{"mqtt:broker.lab:8883", m.Topic}] = Record{
			Sealed: Seal(m, mqtt.Redaction{}, nil), Address: fmt.Sprintf("message.thermostat[%q]", m.Topic), UpdatedAt: time.Unix(1e9, 0), OnDestroy: "delete",
		}
	}
	return s
}

func BenchmarkEncode100k(b *testing.B) {
	s := large()
	for b.Loop() {
		b.SetBytes(int64(len(encode(b, s))))
	}
}

func BenchmarkDecode100k(b *testing.B) {
	data := encode(b, large())
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
