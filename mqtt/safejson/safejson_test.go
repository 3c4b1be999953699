package safejson

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// An escaped document is equivalent, and contains nothing that a terminal or a CI runner acts upon.
func TestEscape(t *testing.T) {
	acted := regexp.MustCompile(`##[a-zA-Z]*\[`)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{
			"a", "é", "##", "#", "vso", "[", "\x7f", "\u009b", "\u202e", "\u2066", "\U000e0041", "\n", "\x1b", "\\", `"`, "✓", "\U0001f600",
		})).Draw(t, "parts"), "")
		doc, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		safe := string(Escape(doc))
		var back string
		if err := json.Unmarshal([]byte(safe), &back); err != nil || back != text {
			t.Fatalf("%s reads as %q, %v", safe, back, err)
		}
		if strings.ContainsFunc(safe, func(r rune) bool { return !unicode.IsGraphic(r) }) || acted.MatchString(safe) {
			t.Fatalf("%q is not safe", safe)
		}
	})
	if same := []byte(`{"a":"## b","c":1}`); string(Escape(same)) != string(same) {
		t.Errorf("%s is changed", same)
	}
}
