package declare

import "testing"

// TestInvalidTextInJSON holds that bytes that are no UTF-8 are refused where they
// stand: the JSON parser would put U+FFFD in their place.
func TestInvalidTextInJSON(t *testing.T) {
	d := checkJSONText([]byte("{\n \"a\": \"x\xffy\"}"), "f.json")
	if d == nil || d.Subject.Start.Line != 2 || d.Subject.Start.Column != 9 {
		t.Fatalf("got %v", d)
	}
	if d := checkJSONText([]byte(`{"a": "ü\u00fc\\ud800\n"}`), "f.json"); d != nil {
		t.Errorf("valid text is refused: %v", d)
	}
}
