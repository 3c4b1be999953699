package declare

import "testing"

// TestNotNormal checks which texts of a configuration count as not in NFC. "e\u0301" is an é in two characters.
func TestNotNormal(t *testing.T) {
	for _, c := range []struct {
		src  string
		json bool
		line int // of the first place; 0 for none
	}{
		{"a = \"caf\u00e9\"\n", false, 0},
		{"\na = \"cafe\u0301\"\n", false, 2},
		{"# cafe\u0301\na = 1 // cafe\u0301\n/* cafe\u0301 */\n", false, 0},
		{"message \"cafe\u0301\" {}\n", false, 1},
		{"a = { cafe\u0301 = 1 }\n", false, 1},
		{"a = b.cafe\u0301\n", false, 1},
		{"a = [\n\"x\", \"x/${b}/cafe\u0301\"]\n", false, 2},
		{"a = <<-EOT\n  cafe\u0301\n  EOT\n", false, 2},
		{`a = "cafe\u0301"`, false, 1},
		{`a = "caf\u00e9"`, false, 0},
		{`a = "cafe\U00000301"`, false, 1},
		{`a = "cafe\\u0301"`, false, 0},
		{`a = "\U0001F600\ud83d\n\"\\"`, false, 0},
		{"a = \"\u2126\"\n", false, 1},
		{"{\"a\": \"caf\u00e9\"}", true, 0},
		{"{\"a\":\n\"cafe\u0301\"}", true, 2},
		{"{\"cafe\u0301\": 1}", true, 1},
		{`{"a": "cafe\u0301"}`, true, 1},
		{`{"a": "\"cafe\\u0301", "b": "\ud83d\ude00"}`, true, 0},
	} {
		name := "main.retain.hcl"
		if c.json {
			name = "main.retain.json"
		}
		line := 0
		if found := notNormal([]byte(c.src), name); len(found) > 0 {
			line = found[0].Start.Line
		}
		if line != c.line {
			t.Errorf("%q: a mistake in line %d, want %d", c.src, line, c.line)
		}
	}
}
