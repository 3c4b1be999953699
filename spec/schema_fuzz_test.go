package spec

import (
	"strings"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
)

// FuzzSchema checks arbitrary payloads against arbitrary schemas: nothing may panic, and every error
// must have a text.
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
		s := newSchema(text, 5_000_000)
		if s.err != nil {
			if strings.TrimSpace(s.err.Error()) == "" {
				t.Errorf("the error of %q is empty", text)
			}
			return
		}
		summary, detail := s.check(&Message{Message: mqtt.Message{Payload: []byte(payload)}})
		if (summary == "") != (detail == "") {
			t.Errorf("%q, %q", summary, detail)
		}
	})
}
