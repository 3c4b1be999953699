package generate_test

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
)

// text draws typical payloads, and texts that are difficult to write as HCL.
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

// payloads draws payloads: bytes, text or JSON.
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

// family draws messages of the same structure with different values.
func family(t *rapid.T) []mqtt.Message {
	prefix := rapid.SampledFrom([]string{"site/a", "x", "homeassistant/sensor", "fleet"}).Draw(t, "prefix")
	two := rapid.Bool().Draw(t, "two levels")
	id := rapid.SampledFrom([]string{"dev-%d", "%d", "r %d", "${%d}", "é%d"}).Draw(t, "id")
	shape := rapid.IntRange(0, 4).Draw(t, "shape")
	small := rapid.SampledFrom([]string{"1", "2.5", "true", "null", `"x"`, `"Living room"`, `"${y}"`, `""`, `[1, 2]`, `["a"]`, `1e400`, `"a\r\nb"`, `"a,b"`})
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

// messages draws families of messages, and unrelated messages.
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

// mixed returns n messages of a site: devices of two models, flags, texts, binaries.
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
