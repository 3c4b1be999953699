package spec

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/mqtt"
)

// FuzzSchema holds arbitrary payloads against arbitrary schemas: neither panics, and
// what is found is said in words.
func FuzzSchema(f *testing.F) {
	for _, schema := range []string{
		`{"type":"object","properties":{"a":{"minimum":1,"multipleOf":0.1}},"required":["b"],"additionalProperties":false}`,
		`{"$schema":"http://json-schema.org/draft-07/schema#","if":{"type":"array"},"then":{"contains":{"const":1}}}`,
		`{"$schema":"http://json-schema.org/draft-04/schema#","id":"x","maximum":3,"exclusiveMaximum":true}`,
		`{"$defs":{"p":{"pattern":"^(a+)+$","format":"date-time"}},"$ref":"#/$defs/p"}`,
		`{"$dynamicRef":"#n","$defs":{"x":{"$dynamicAnchor":"n","prefixItems":[{"uniqueItems":true}]}},"unevaluatedItems":false}`,
		`{"$ref":"#"}`, `{"$ref":"other.json"}`, `true`, `3`, `{"maximum":1e99999999}`,
	} {
		for _, payload := range []string{`{"a":1.5}`, `[1,"1",1.0]`, `"aaab"`, `1e100000000`, `{"a":{"a":[]}}`, `nul`} {
			f.Add(schema, payload)
		}
	}
	f.Fuzz(func(t *testing.T, text, payload string) {
		s := &schema{patience: time.Second}
		if s.compiled, s.err = compileSchema(text); s.err != nil {
			if strings.TrimSpace(s.err.Error()) == "" {
				t.Errorf("%q says nothing", text)
			}
			return
		}
		summary, detail := s.check(&Message{Message: mqtt.Message{Payload: []byte(payload)}})
		if (summary == "") != (detail == "") {
			t.Errorf("%q, %q", summary, detail)
		}
	})
}

// TestSchemaThatBranches holds that a few lines of a schema do not keep a plan busy for
// ever, and that all messages of a schema wait for it once.
func TestSchemaThatBranches(t *testing.T) {
	var defs strings.Builder
	const levels = 22 // a second or two: what runs on after the error ends with the test
	for i := range levels {
		fmt.Fprintf(&defs, `"d%d":{"allOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]},`, i, i+1, i+1)
	}
	s := &schema{patience: 50 * time.Millisecond}
	if s.compiled, s.err = compileSchema(`{"$defs":{` + defs.String() + fmt.Sprintf(`"d%d":{"type":"number"}},"$ref":"#/$defs/d0"}`, levels)); s.err != nil {
		t.Fatal(s.err)
	}
	begun := time.Now()
	for range 1000 {
		if summary, _ := s.check(&Message{Message: mqtt.Message{Payload: []byte("1")}}); summary != "Schema that takes too long" {
			t.Fatalf("%q", summary)
		}
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}
