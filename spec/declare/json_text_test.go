package declare

import "testing"

// TestInvalidTextInJSON checks that bytes that are not UTF-8 are refused, with their
// position: the JSON parser would replace them with U+FFFD.
func TestInvalidTextInJSON(t *testing.T) {
	d := checkJSONText([]byte("{\n \"a\": \"x\xffy\"}"), "f.json")
	if d == nil || d.Subject.Start.Line != 2 || d.Subject.Start.Column != 9 {
		t.Fatalf("got %v", d)
	}
	if d := checkJSONText([]byte(`{"a": "ü\u00fc\\ud800\n"}`), "f.json"); d != nil {
		t.Errorf("valid text is refused: %v", d)
	}
}
