package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
)

func bodyText(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(strings.TrimPrefix(l.String(), "    ") + "\n")
	}
	return b.String()
}

func TestPayloadChanges(t *testing.T) {
	long := strings.Repeat("x", 200)
	for name, c := range map[string]struct {
		before, after, want string
	}{
		"leaf":           {`{"a":1,"b":2}`, `{"a":1,"b":3}`, "  ~ payload = {\n      ~ /b: 2 -> 3\n    }\n"},
		"null is a leaf": {`{"a":1}`, `{"a":null}`, "  ~ payload = {\n      ~ /a: 1 -> null\n    }\n"},
		"leaf removed":   {`{"a":1,"b":2}`, `{"a":1}`, "  ~ payload = {\n      - /b: 2\n    }\n"},
		"leaf added":     {`{"a":1}`, `{"a":1,"b":{"c":[]}}`, "  ~ payload = {\n      + /b/c: []\n    }\n"},
		"odd pointer":    {"{\"a/b~\\u001b\":1}", "{\"a/b~\\u001b\":2}", "  ~ payload = {\n      ~ /a~1b~0\\u001b: 1 -> 2\n    }\n"},
		"spelling":       {`{"a":1}`, `{"a":1.0}`, "  ~ payload = {\n        # (the same values, spelled differently)\n    }\n"},
		"text":           {"on\n", "off\n", "  ~ payload = \"on\\n\" -> \"off\\n\"\n"},
		"lines":          {"a\nb\n", "a\nc\n", "  ~ payload = <<EOT\n        @@ -1,2 +1,2 @@\n        | a\n      - b\n      + c\n    EOT\n"},
		"to JSON":        {"on", `{"on":true}`, "  ~ payload = \"on\" -> {\"on\":true}\n"},
		"number":         {"20", "21", "  ~ payload = \"20\" -> \"21\"\n"},
		"bytes": {"\x00\xff", "\x00",
			"  ~ payload = (binary, 2 bytes, SHA-256 06eb7d6a69ee...) -> (binary, 1 byte, SHA-256 6e340b9cffb3...)\n"},
		"lost line end": {"a\nb\n", "a\nb", "  ~ payload = <<EOT\n" +
			"        @@ -1,2 +1,2 @@\n        | a\n      - b\n      + b\n        # (no line break at its end)\n    EOT\n"},
		"long middle": {long + "a" + long, long + "b",
			"  ~ payload = ..." + long[:40] + "a" + long[:119] + "... (82 more characters) -> ..." + long[:40] + "b\"\n"},
		"long end": {long + "a", long + "b", "  ~ payload = ..." + long[:40] + "a\" -> ..." + long[:40] + "b\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			ch := change(plan.Update, plan.Config, "x", "k", message("", c.before), message("", c.after))
			if diff := cmp.Diff(c.want, bodyText(changeLines(&ch, brief))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLongDocumentsAreShortened(t *testing.T) {
	var pairs []string
	for i := range 100 {
		pairs = append(pairs, fmt.Sprintf(`"k%02d":%d`, i, i))
	}
	c := change(plan.Create, plan.Added, "x", "k", nil, message("", "{"+strings.Join(pairs, ",")+"}"))
	text := bodyText(changeLines(&c, brief))
	if !strings.Contains(text, "# (76 more leaves: -verbose shows them)") || strings.Contains(text, "/k24") {
		t.Errorf("100 leaves are shown as\n%s", text)
	}
	if text = bodyText(changeLines(&c, limits{})); !strings.Contains(text, "/k99: 99") {
		t.Errorf("-verbose does not show all of\n%s", text)
	}
}

func TestPropertyChanges(t *testing.T) {
	with := func(alter func(*mqtt.Message)) *mqtt.Message {
		m := message("", "x")
		alter(m)
		return m
	}
	properties := func(pairs ...string) func(*mqtt.Message) {
		return func(m *mqtt.Message) {
			for i := 0; i < len(pairs); i += 2 {
				m.UserProperties = append(m.UserProperties, mqtt.UserProperty{Name: pairs[i], Value: pairs[i+1]})
			}
		}
	}
	for name, c := range map[string]struct {
		before, after *mqtt.Message
		want          string
	}{
		"expiry added": {with(func(*mqtt.Message) {}), with(func(m *mqtt.Message) { m.Expiry = 5400 }), "  + message_expiry = 5400 (1h30m)\n"},
		"format removed": {with(func(m *mqtt.Message) { m.PayloadFormat = mqtt.UTF8Data }), with(func(*mqtt.Message) {}),
			"  - payload_format_indicator = \"UTF8_DATA\"\n"},
		"order": {with(properties("a", "1", "b", "2")), with(properties("b", "2", "a", "1")),
			"  ~ user_properties = {\n        # (the order changed)\n    }\n"},
		"repeats": {with(properties("a", "1")), with(properties("a", "1", "a", "2")),
			"  ~ user_properties = { a = \"1\" } -> { a = \"1\", a = \"2\" }\n"},
		"empty value": {with(properties("a", "")), with(properties("a", "1")),
			"  ~ user_properties = {\n      ~ a = \"\" -> \"1\"\n    }\n"},
	} {
		t.Run(name, func(t *testing.T) {
			ch := change(plan.Update, plan.Config, "x", "k", c.before, c.after)
			if diff := cmp.Diff(c.want, bodyText(changeLines(&ch, brief))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExpiryInWords(t *testing.T) {
	for seconds, want := range map[uint32]string{
		5: "5", 60: "60 (1m)", 600: "600 (10m)", 3600: "3600 (1h)", 36000: "36000 (10h)",
		86399: "86399 (23h59m59s)", 86400: "86400 (24h)", 4294967295: "4294967295 (1193046h28m15s)",
	} {
		if got := expiry(seconds); got != want {
			t.Errorf("%d seconds are shown as %q, want %q", seconds, got, want)
		}
	}
}
