package generate_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/payload"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/spec/generate"
)

var options = generate.Options{Broker: "b", BrokerType: "embedded", Readable: mqtt.AllFields, CountsDown: true, Files: true}

// evaluate loads what was written, by topic.
func evaluate(t reporter, made generate.Result) map[string]spec.Message {
	t.Helper()
	dir, err := os.MkdirTemp("", "generate")
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer os.RemoveAll(dir)
	files := map[string][]byte{"main.retain.hcl": made.HCL, "broker.retain.hcl": []byte("broker \"embedded\" \"b\" {}\n")}
	for name, data := range made.Files {
		files[name] = data
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatalf("%v", err)
		}
	}
	config, _, diags := spec.Load(dir, spec.Inputs{})
	if diags.HasErrors() {
		t.Fatalf("%s\n%s", diags, made.HCL)
	}
	found := map[string]spec.Message{}
	for _, m := range config.Messages {
		found[m.Topic] = m
	}
	return found
}

// reporter is what the helpers need of a test, rapid's too.
type reporter interface {
	Helper()
	Fatalf(format string, args ...any)
}

// check holds what was written to what was read.
func check(t reporter, messages []mqtt.Message, o generate.Options) generate.Result {
	t.Helper()
	made, err := generate.Write(messages, o)
	if err != nil {
		t.Fatalf("%v\n%s", err, made.HCL)
	}
	formatted, _, diags := spec.Format(made.HCL, "x")
	if diags.HasErrors() || !bytes.Equal(formatted, made.HCL) {
		t.Fatalf("fmt would change it to\n%s\nfrom\n%s", formatted, made.HCL)
	}
	found := evaluate(t, made)
	if len(found)+len(made.LeftOut) != len(messages) {
		t.Fatalf("of %d messages %d are declared and %d left out\n%s", len(messages), len(found), len(made.LeftOut), made.HCL)
	}
	left := map[string]bool{} // what could be declared must be
	for _, l := range made.LeftOut {
		left[l.Topic] = !strings.Contains(l.Reason, "evaluate")
	}
	for _, m := range messages {
		if got, ok := found[m.Topic]; ok == left[m.Topic] || ok && !says(got, m, o) {
			t.Fatalf("%+v\nbecame\n%+v\n%s", m, got.Message, made.HCL)
		}
	}
	return made
}

// says compares as DESIGN's rules of a plan do, written once more.
func says(got spec.Message, m mqtt.Message, o generate.Options) bool {
	payloads := bytes.Equal(got.Payload, m.Payload) || !o.Exact && payload.Equal(got.Payload, m.Payload)
	properties := slices.Equal(got.UserProperties, m.UserProperties) ||
		!got.OrderedProperties && slices.Equal(mqtt.SortUserProperties(got.UserProperties), mqtt.SortUserProperties(m.UserProperties))
	expiry := got.Expiry == m.Expiry || m.Expiry > 0 && got.Expiry > m.Expiry
	return payloads && properties && expiry && got.QoS == m.QoS && got.PayloadFormat == m.PayloadFormat &&
		got.ContentType == m.ContentType && got.ResponseTopic == m.ResponseTopic && bytes.Equal(got.CorrelationData, m.CorrelationData)
}

// text is what people and machines send, and what trips writers of HCL.
func text() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[a-z]{1,8}`),
		rapid.StringMatching(`[ -~]{0,20}`),
		rapid.StringMatching(`[a-zA-Z0-9 $%{}"\\~\n\täé°]{0,30}`),
		rapid.SampledFrom([]string{
			"${", "$${x}", "%{ if true }", "%%{", "$", "$$", "%", "a\n", "a\nb\n", "  a\n b\n", "\n", "\n\n", " \n x\n", "\ta\n\tb\n", "EOT\n", "a\nEOT\nb\n",
			"x\r\n", "a\rb", "\u00a0", "e\u0301", "\u202e", "\u200d", "\x00", "\x1b[0m", "true", "null", "1", "-0", "1e3", "=", "\ufeff", "a\u2028b\n", "line\nline\nline", "😀", "#", "//", "/*",
		}),
		rapid.String(),
	)
}

// value draws JSON text.
func value(depth int) *rapid.Generator[string] {
	scalars := []*rapid.Generator[string]{
		rapid.Map(text(), func(s string) string { return fmt.Sprintf("%q", strings.ToValidUTF8(s, "")) }).Filter(func(s string) bool { return !strings.ContainsAny(s, `\`) }),
		rapid.SampledFrom([]string{
			"0", "-0", "1", "-17", "0.1", "1.50", "1e400", "1E-7", "18446744073709551616", "3.141592653589793238462643383279", "1e5000", `"\ud83d\ude00"`, `"\/\u003c"`, `"\n"`,
			"true", "false", "null", `""`, "[]", "{}", strings.Repeat("9", 200), `"e\u0301"`, `"${a}"`, `"%{"`, `"$${"`,
		}),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	inner := rapid.Deferred(func() *rapid.Generator[string] { return value(depth - 1) })
	key := rapid.SampledFrom([]string{"a", "b", "name", "id", "~", "for", "true", "null", "a b", "ä", "x-y", "0", "${k}", "if", "e\u0301"})
	object := rapid.Custom(func(t *rapid.T) string {
		members := rapid.SliceOfNDistinct(key, 0, 4, rapid.ID).Draw(t, "keys")
		for i, k := range members {
			members[i] = fmt.Sprintf("%q: %s", k, inner.Draw(t, "value"))
		}
		return "{" + strings.Join(members, ",") + "}"
	})
	array := rapid.Custom(func(t *rapid.T) string {
		return "[" + strings.Join(rapid.SliceOfN(inner, 0, 3).Draw(t, "elements"), ", ") + "]"
	})
	return rapid.OneOf(append(scalars, object, object, array)...)
}

// payloads draws what a message may hold.
func payloads() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			return rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "bytes")
		case 1:
			return []byte(text().Draw(t, "text"))
		}
		doc := value(3).Draw(t, "json")
		if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
			doc = strings.Repeat(" ", 4100) + rapid.SampledFrom([]string{"", "x", "\x00"}).Draw(t, "broken") + doc
		}
		return []byte(doc)
	})
}

// family draws messages of one outline, with what differs drawn for each.
func family(t *rapid.T) []mqtt.Message {
	prefix := rapid.SampledFrom([]string{"site/a", "x", "homeassistant/sensor", "fleet"}).Draw(t, "prefix")
	two := rapid.Bool().Draw(t, "two levels")
	id := rapid.SampledFrom([]string{"dev-%d", "%d", "r %d", "${%d}", "é%d"}).Draw(t, "id")
	shape := rapid.IntRange(0, 4).Draw(t, "shape")
	small := rapid.SampledFrom([]string{"1", "2.5", "true", "null", `"x"`, `"Living room"`, `"${y}"`, `""`, `[1, 2]`, `["a"]`, `1e400`, `"a\r\nb"`, `"a,b"`}).Filter(func(s string) bool { return true })
	var all []mqtt.Message
	for i := range rapid.IntRange(2, 40).Draw(t, "rows") {
		name := fmt.Sprintf(id, i)
		topic := prefix + "/" + name + "/config"
		if two {
			topic = fmt.Sprintf("%s/%d/%s/config", prefix, i%3, fmt.Sprintf(id, i/3))
		}
		m := mqtt.Message{Topic: topic, QoS: 1}
		model := rapid.SampledFrom([]string{"m1", "m2"}).Draw(t, "model")
		switch shape {
		case 0:
			m.Payload = fmt.Appendf(nil, `{"id": %q, "v": %s, "model": %q, "m": %d, "path": "base/%s/set"}`, name, small.Draw(t, "v"), model, len(model)+int(model[1]), name)
		case 1:
			m.Payload = fmt.Appendf(nil, `{"dev": {"ids": ["d%d"], "name": "Device number %d", "mf": "acme"}, "n": %d, "v": %s}`, i%4, i%4, i, small.Draw(t, "v"))
		case 2:
			m.Payload = fmt.Appendf(nil, "value %s of %s", rapid.StringMatching(`[a-z${}"\n]{1,6}`).Draw(t, "text"), name)
		case 3:
			m.Payload = fmt.Appendf(nil, `[{"%s": %s}, %s]`, "k", small.Draw(t, "v"), small.Draw(t, "w"))
			m.UserProperties = []mqtt.UserProperty{{Name: "site", Value: prefix}, {Name: "id", Value: name}}
			m.ContentType = "application/json"
		case 4:
			m.Payload = fmt.Appendf(nil, `{"number": %d, "text": "%d", "flag": %v, "opt": %s}`, i, i, i%2 == 0, rapid.SampledFrom([]string{"null", "7", "8.10"}).Draw(t, "opt"))
			m.Expiry = uint32(3600 + i*rapid.SampledFrom([]int{0, 1000}).Draw(t, "step"))
		}
		all = append(all, m)
	}
	return all
}

// messages draws any messages, and families of them.
func messages(t *rapid.T) []mqtt.Message {
	var all []mqtt.Message
	for range rapid.IntRange(0, 2).Draw(t, "families") {
		all = append(all, family(t)...)
	}
	topic := rapid.OneOf(rapid.StringMatching(`[a-c]{1,2}(/[a-c]{0,2}){0,3}`), rapid.SampledFrom([]string{"a/${b}", "/", "x y/z", "ä/\"q\"", "a\\b", "e\u0301", "a/%{b", "t/\u202e"}))
	for range rapid.IntRange(0, 12).Draw(t, "others") {
		m := mqtt.Message{Topic: topic.Draw(t, "topic"), Payload: payloads().Draw(t, "payload"), QoS: mqtt.QoS(rapid.IntRange(0, 2).Draw(t, "qos"))}
		if rapid.Bool().Draw(t, "properties") {
			m.ContentType = rapid.SampledFrom([]string{"", "text/plain", "a \"b\" ${c}"}).Draw(t, "content type")
			m.ResponseTopic = rapid.SampledFrom([]string{"", "replies/x", "e\u0301"}).Draw(t, "response topic")
			m.CorrelationData = rapid.SliceOfN(rapid.Byte(), 0, 6).Draw(t, "correlation")
			m.Expiry = rapid.Uint32().Draw(t, "expiry")
			for range rapid.IntRange(0, 3).Draw(t, "properties") {
				m.UserProperties = append(m.UserProperties, mqtt.UserProperty{Name: rapid.SampledFrom([]string{"", "a", "b", "for", "x y"}).Draw(t, "name"), Value: rapid.SampledFrom([]string{"", "1", "${x}", "ä"}).Draw(t, "value")})
			}
		}
		all = append(all, m)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(m mqtt.Message) bool {
		again := seen[m.Topic]
		seen[m.Topic] = true
		return again || len(m.Payload) == 0
	})
}

func TestWhatIsWrittenIsWhatWasRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := options
		o.Exact = rapid.Bool().Draw(rt, "exact")
		o.Files = rapid.Bool().Draw(rt, "tables")
		check(rt, messages(rt), o)
	})
}

func FuzzPayload(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+3,"\u00e9"],"${x}":null}`, "text\n", "  a\n\tb\n", "$${%%{\n", "EOT\nEOT_\n", "\x00\xff", `{"for":1e999,"~":{}}`, `[[[]]]`, "e\u0301", "a\r\nb\nc"} {
		f.Add([]byte(s), "a/b")
	}
	f.Fuzz(func(t *testing.T, p []byte, topic string) {
		if len(p) == 0 || mqtt.CheckTopic(topic) != nil {
			return
		}
		m := mqtt.Message{Topic: topic, Payload: p, QoS: 1}
		others := []mqtt.Message{m, {Topic: topic + "/x", Payload: p, QoS: 1}, {Topic: topic + "/y", Payload: p, QoS: 1}, {Topic: topic + "/z", Payload: append([]byte("1"), p...), QoS: 1}}
		if len(topic) > 60_000 {
			others = others[:1]
		}
		check(t, others, options)
		exact := options
		exact.Exact = true
		check(t, others[:1], exact)
	})
}

// TestNothingIsLeftOutWithoutNeed: only what the language cannot say is.
func TestLeftOut(t *testing.T) {
	made, err := generate.Write([]mqtt.Message{
		{Topic: "ok", Payload: []byte("e\u0301"), QoS: 1},
		{Topic: "e\u0301", Payload: []byte("1"), QoS: 1},
		{Topic: "prop", Payload: []byte("1"), ContentType: "e\u0301", QoS: 1},
		{Topic: "response", Payload: []byte("1"), ResponseTopic: "a/+", QoS: 1},
	}, options)
	if err != nil || made.Written != 1 || len(made.LeftOut) != 3 {
		t.Fatalf("%v %+v", err, made.LeftOut)
	}
}

// TestTemplates of text: what stands before a value must not take its meaning away.
func TestTemplates(t *testing.T) {
	for _, format := range []string{"cost $%s", "$$%s and ${x}", "%%{%s}\n  $%s\nsecond line\n", "  indented %s\n    more\n", "%s\n", "\"%s\"\n\n", "a %s\r\nb\n"} {
		var all []mqtt.Message
		for i := range 6 {
			name := fmt.Sprintf("n%d", i)
			all = append(all, mqtt.Message{Topic: "t/" + name, Payload: []byte(strings.ReplaceAll(format, "%s", name)), QoS: 1})
		}
		if made := check(t, all, options); made.Blocks != 1 {
			t.Errorf("%q became %d blocks\n%s", format, made.Blocks, made.HCL)
		}
	}
}

// TestLongPayloads stand in files of their own, as their names are free.
func TestLongPayloads(t *testing.T) {
	long := strings.Repeat("x", 5000)
	o := options
	o.Taken = generate.Names{}
	o.Taken.TakeFile("a_doc.json")
	made := check(t, []mqtt.Message{
		{Topic: "a/doc", Payload: []byte(`{"a": "` + long + `"}`), QoS: 1},
		{Topic: "a/text", Payload: []byte(long), QoS: 1, PayloadFormat: mqtt.UTF8Data},
		{Topic: "a/bytes", Payload: []byte("\x00" + long), QoS: 1},
	}, o)
	for name, want := range map[string]string{"a_doc_2.json": "{\n  \"a\": \"" + long + "\"\n}\n", "a_text.txt": long, "a_bytes.bin": "\x00" + long} {
		if string(made.Files[name]) != want {
			t.Errorf("%s: %.80q", name, made.Files[name])
		}
	}
	if !strings.Contains(string(made.HCL), `payload_base64 = filebase64("a_bytes.bin")`) || len(made.HCL) > 1000 {
		t.Errorf("%s", made.HCL)
	}
}

// TestFiveThousand: mixed kinds, in seconds.
func TestFiveThousand(t *testing.T) {
	start := time.Now()
	made := check(t, mixed(5000), options)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	if made.Written != 5000 || len(made.LeftOut) != 0 {
		t.Errorf("%d written, %d left out", made.Written, len(made.LeftOut))
	}
}

// mixed makes messages of a site: devices of two models, flags, texts, binaries.
func mixed(n int) []mqtt.Message {
	all := make([]mqtt.Message, n)
	for i := range all {
		m := mqtt.Message{QoS: 1}
		switch i % 10 {
		case 0:
			m.Topic, m.Payload = fmt.Sprintf("flags/feature-%d", i), []byte([]string{"on", "off"}[i/10%2])
		case 1:
			m.Topic, m.Payload = fmt.Sprintf("blobs/%d", i), []byte{0, byte(i), byte(i >> 8), 0xff}
		case 2:
			m.Topic, m.Payload = fmt.Sprintf("motd/%d/%d", i, i%7), fmt.Appendf(nil, "Welcome to %d\nline ${two}\n", i)
		case 3:
			m.Topic, m.Payload = fmt.Sprintf("odd/%d", i), fmt.Appendf(nil, `{"k%d": {"n": [%d, 1e%d]}}`, i, i, i%500)
		default:
			model, interval := "thermostat", 60
			if i%2 == 0 {
				model, interval = "meter", 900
			}
			m.Topic = fmt.Sprintf("site/%c/%s/dev-%05d/config", 'a'+i%3, model, i)
			m.Payload = fmt.Appendf(nil, `{"id":"dev-%05d","interval":%d,"room":"room %d","offset":%d.5}`, i, interval, i%40, i%9)
			m.ContentType = "application/json"
			m.UserProperties = []mqtt.UserProperty{{Name: "model", Value: model}}
		}
		all[i] = m
	}
	return all
}
