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

var options = generate.Options{Broker: "b", BrokerType: "embedded", Files: true, Capabilities: mqtt.Capabilities{Readable: mqtt.AllFields, ExpiryCountsDown: true}}

// evaluate loads the configuration that was written and returns its messages by topic.
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

// reporter has the methods of testing.T and rapid.T that the helpers need.
type reporter interface {
	Helper()
	Fatalf(format string, args ...any)
}

// check writes configuration for messages and checks that it declares them.
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

// says reports whether a declaration equals a message, by the rules of a plan. It is independent of the
// tested code.
func says(got spec.Message, m mqtt.Message, o generate.Options) bool {
	payloads := bytes.Equal(got.Payload, m.Payload) || !o.Exact && payload.Equal(got.Payload, m.Payload)
	properties := slices.Equal(got.UserProperties, m.UserProperties) ||
		!got.OrderedProperties && slices.Equal(mqtt.SortUserProperties(got.UserProperties), mqtt.SortUserProperties(m.UserProperties))
	expiry := got.Expiry == m.Expiry || m.Expiry > 0 && got.Expiry > m.Expiry
	return payloads && properties && expiry && got.QoS == m.QoS && got.PayloadFormat == m.PayloadFormat &&
		got.ContentType == m.ContentType && got.ResponseTopic == m.ResponseTopic && bytes.Equal(got.CorrelationData, m.CorrelationData)
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

// TestLeftOut checks that exactly the messages are left out that the language cannot express.
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

// TestTemplates checks that the text before a value in a template does not change the meaning of the value.
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

// TestPlainer checks that a table that does not declare the same messages is written message by
// message. A CSV file loses the \r of these topics, so it has other topics, or one of them twice.
func TestPlainer(t *testing.T) {
	for _, ends := range [][]string{{"\r\n"}, {"\r\n", "\n"}} {
		var all []mqtt.Message
		for i := range 40 {
			topic := fmt.Sprintf("t/%d%s", i/len(ends), ends[i%len(ends)])
			all = append(all, mqtt.Message{Topic: topic, Payload: fmt.Appendf(nil, `{"n": %d, "a": 1}`, i), QoS: 1})
		}
		if made := check(t, all, options); made.Blocks != len(all) || len(made.Files) != 0 {
			t.Errorf("%d blocks and %d files\n%s", made.Blocks, len(made.Files), made.HCL)
		}
	}
}

// TestLongPayloads checks that long payloads are written to separate files, whose names were free.
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

// TestDeepDocuments holds that the work grows with the levels of a document, and does not double with each.
func TestDeepDocuments(t *testing.T) {
	var messages []mqtt.Message
	for i, deep := range []string{
		strings.Repeat(`{"deep":`, 90) + "1" + strings.Repeat("}", 90),
		strings.Repeat(`{"a":1,"deep":[`, 45) + "1" + strings.Repeat("]}", 45),
		strings.Repeat("[", 90) + strings.Repeat("]", 90),
	} {
		messages = append(messages, mqtt.Message{Topic: fmt.Sprintf("deep/%d/x", i), Payload: []byte(deep), QoS: 1})
	}
	if made := check(t, messages, options); made.Written != len(messages) {
		t.Errorf("%d written\n%s", made.Written, made.HCL)
	}
}

// TestTextsWithBraces holds that what a text consists of is not taken for an empty object.
func TestTextsWithBraces(t *testing.T) {
	made := check(t, []mqtt.Message{{Topic: "a/b", Payload: []byte(`{"a":"{  }"}`), QoS: 1}}, options)
	if !strings.Contains(string(made.HCL), `{ a = "{  }" }`) {
		t.Errorf("%s", made.HCL)
	}
}

// TestFiveThousand checks that 5,000 messages of several kinds take seconds.
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

// TestBlanks checks that invisible characters, and blanks that editors remove, are written in quotes.
func TestBlanks(t *testing.T) {
	for payload, want := range map[string]string{
		"a \nb\n":   `"a \nb\n"`,
		"a\t\nb\n":  `"a\t\nb\n"`,
		"\n":        `"\n"`,
		"\n\n":      `"\n\n"`,
		"a\nb \nc":  `"a\nb \nc"`,
		"a\n\n b\n": "<<-EOT\n    a\n\n     b\n    EOT",
	} {
		made := check(t, []mqtt.Message{{Topic: "t", QoS: 1, Payload: []byte(payload)}}, options)
		if !strings.Contains(string(made.HCL), "payload = "+want+"\n") {
			t.Errorf("%q is written as\n%s", payload, made.HCL)
		}
	}
}

// TestNamesOfSharedValues checks that a word that several values contain names none of them, and that
// a value without a distinctive word is not shared.
func TestNamesOfSharedValues(t *testing.T) {
	var messages []mqtt.Message
	for i := range 6 {
		settable := []string{"false", "true"}[i%2]
		messages = append(messages, mqtt.Message{Topic: fmt.Sprintf("homie/5/dev%d/description", i), QoS: 1,
			Payload: fmt.Appendf(nil, `{"homie":"5.0","name":"Dev %d","nodes":{"temp":{"datatype":"float","format":"0:100","settable":%s}}}`, i, settable)})
	}
	made := check(t, messages, options)
	if strings.Contains(string(made.HCL), "local.nodes") || !strings.Contains(string(made.HCL), "settable = each.value.settable") {
		t.Errorf("%s", made.HCL)
	}
	for i := range messages {
		messages[i].Payload = fmt.Appendf(nil, `{"n":%d,"dev":{"model":"Climate sensor","ids":["id%d"],"sw":%s}}`, i, i%2, []string{`"1.0"`, "[1, 2]"}[i%2])
	}
	made = check(t, messages, options)
	for _, want := range []string{"local.dev[each.value.dev]", `dev = "id0"`, `id1 = { model = "Climate sensor"`} {
		if made.Blocks != 1 || !strings.Contains(string(made.HCL), want) {
			t.Errorf("%s is not in\n%s", want, made.HCL)
		}
	}
}

// TestNames checks that names are descriptive and have no needless numbers.
func TestNames(t *testing.T) {
	var messages []mqtt.Message
	for i, room := range []string{"attic", "bath", "hall"} {
		messages = append(messages,
			mqtt.Message{Topic: "switch/" + room + "/set", QoS: 1, Payload: fmt.Appendf(nil, `{"mode":"m%d","fallback":{"mode":"f%d"},"on":true}`, i, i)},
			mqtt.Message{Topic: "plan/" + room + "/set", QoS: 1, Payload: fmt.Appendf(nil, `{"steps":[{"to":%d},{"to":%d}]}`, i, 10*i)},
			mqtt.Message{Topic: fmt.Sprintf("plug/%s/plug-%d", room, i), QoS: 1, Payload: fmt.Appendf(nil, `{"is":"%s","to":%d}`, room, i)})
	}
	made := check(t, messages, options)
	for _, want := range []string{
		`message "switch"`, "local.switch\n", `{ mode = "m1", fallback_mode = "f1" }`,
		"{ to = 1, step_1_to = 10 }", "plug/${each.value.is}/${each.key}",
	} {
		if !strings.Contains(string(made.HCL), want) {
			t.Errorf("%s is not in\n%s", want, made.HCL)
		}
	}
}
