package spec

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/spectest"
)

// TestSchemaThatBranches checks that a short schema cannot keep a plan busy endlessly, and that all
// messages with the schema wait for it only once.
func TestSchemaThatBranches(t *testing.T) {
	var defs strings.Builder
	const levels = 60
	for i := range levels {
		fmt.Fprintf(&defs, `"d%d":{"allOf":[{"$ref":"#/$defs/d%d"},{"$ref":"#/$defs/d%d"}]},`, i, i+1, i+1)
	}
	s := newSchema(`{"$defs":{`+defs.String()+fmt.Sprintf(`"d%d":{"type":"number"}},"$ref":"#/$defs/d0"}`, levels), maxEffort/100)
	if s.err != nil {
		t.Fatal(s.err)
	}
	spectest.WithinCPU(t, 5*time.Second, "it", func() {
		for range 1000 {
			if summary, _ := s.check(&Message{Message: mqtt.Message{Payload: []byte("1")}}); summary != "Schema that takes too long" {
				t.Fatalf("%q", summary)
			}
		}
	})
}

// TestHostileSchemas checks that validation ends with any keyword: each of these schemas takes hours
// without a bound. The test allows only a hundredth of the usual effort.
func TestHostileSchemas(t *testing.T) {
	branching := func(level func(i int) string, last string) string {
		var defs strings.Builder
		for i := range 60 {
			fmt.Fprintf(&defs, `"d%d":%s,`, i, level(i+1))
		}
		return `"$defs":{` + defs.String() + `"d60":` + last + `},"$ref":"#/$defs/d0"}`
	}
	twice := func(format string) func(int) string {
		return func(i int) string {
			ref := fmt.Sprintf(`{"$ref":"#/$defs/d%d"}`, i)
			return strings.ReplaceAll(format, "REF", ref)
		}
	}
	negated := func(schema string) string {
		return strings.TrimSuffix(schema, `"$ref":"#/$defs/d0"}`) + `"not":{"$ref":"#/$defs/d0"}}`
	}
	nested := strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60)
	var list strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&list, `"n%d",`, i)
	}
	names := `[` + list.String() + `"n"]`
	listed := strings.Repeat("[", 60) + "1" + strings.Repeat("]", 60)
	for name, c := range map[string]struct{ schema, payload string }{
		"allOf":             {`{` + branching(twice(`{"allOf":[REF,REF]}`), `{"type":"number"}`), "1"},
		"anyOf":             {`{` + branching(twice(`{"anyOf":[REF,REF]}`), `{"type":"string"}`), "1"},
		"oneOf":             {`{` + branching(twice(`{"oneOf":[REF,REF,true]}`), `{"type":"string"}`), "1"},
		"if":                {`{` + branching(twice(`{"if":REF,"then":REF}`), `{"type":"number"}`), "1"},
		"not":               {negated(`{` + branching(twice(`{"anyOf":[REF,REF]}`), `{"const":2}`)), "1"},
		"patternProperties": {negated(`{` + branching(twice(`{"patternProperties":{"a":REF,"a|b":REF}}`), `{"type":"string"}`)), nested},
		"properties":        {`{` + branching(twice(`{"properties":{"a":REF},"additionalProperties":true,"patternProperties":{"a":REF}}`), `{"type":"number"}`), nested},
		"items":             {`{` + branching(twice(`{"items":REF,"contains":REF}`), `{"type":"number"}`), listed},
		"dependentSchemas":  {`{` + branching(twice(`{"dependentSchemas":{"a":REF,"b":REF}}`), `true`), `{"a":1,"b":1}`},
		"draft-07":          {`{"allOf":[{"$ref":"#/$defs/d0"}],"$schema":"http://json-schema.org/draft-07/schema#",` + branching(twice(`{"dependencies":{"a":REF,"b":REF}}`), `true`), `{"a":1,"b":1}`},
		"dynamic": {dynamic(`{` + strings.Replace(branching(twice(`{"allOf":[REF,REF]}`), `{"type":"number"},"other":{"$id":"y:other","$dynamicRef":"#a","$defs":{"a":{"$dynamicAnchor":"a"}}}`),
			`"d0":{`, `"d0":{"$dynamicAnchor":"a",`, 1)), "1"},
		"expression":        {`{"pattern":"^(x+x+){500}y"}`, `"` + strings.Repeat("x", 1_000_000) + `"`},
		"expressions":       {`{"$schema":"http://json-schema.org/draft-07/schema#","items":{"format":"regex"}}`, `[` + strings.Repeat(`"((a{9}){9}){9}",`, 10_000) + `1]`},
		"an expression":     {`{"$schema":"http://json-schema.org/draft-07/schema#","format":"regex"}`, `"` + strings.Repeat("a:", 100_000) + `"`},
		"required":          {`{"items":{"required":` + names + `}}`, `[` + strings.Repeat("{},", 1000) + `{}]`},
		"dependentRequired": {`{"items":{"dependentRequired":{"a":` + names + `}}}`, `[` + strings.Repeat(`{"a":1},`, 1000) + `{}]`},
		"dependencies": {`{"$schema":"http://json-schema.org/draft-07/schema#","items":{"dependencies":{"a":` + names + `}}}`,
			`[` + strings.Repeat(`{"a":1},`, 1000) + `{}]`},
		"depth":    {`{"minItems":2,"items":{"$ref":"#"}}`, strings.Repeat("[", 1000) + strings.Repeat("]", 1000)},
		"literals": {`{"items":{"enum":[` + strings.Repeat(`"x",`, 30_000) + `"y"]}}`, `[` + strings.Repeat(`"z",`, 30_000) + `1]`},
		"unique":   {`{"allOf":[` + strings.Repeat(`{"uniqueItems":true},`, 1000) + `true]}`, `[` + strings.Repeat(`[1],`, 30_000) + `[2]]`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSchema(c.schema, maxEffort/100)
			if s.err != nil {
				t.Fatal(s.err)
			}
			spectest.WithinCPU(t, 5*time.Second, "it", func() {
				if summary, detail := s.check(&Message{Message: mqtt.Message{Payload: []byte(c.payload)}}); summary != "Schema that takes too long" {
					t.Errorf("%q: %.200s", summary, detail)
				}
			})
		})
	}
}

// TestHostileExpressions checks that the expressions of a schema are not compiled if they would
// become too large.
func TestHostileExpressions(t *testing.T) {
	large := `"` + strings.Repeat("a{1000}", 1000) + `"`
	for _, text := range []string{
		`{"pattern":` + large + `}`, `{"patternProperties":{` + large + `:true}}`, `{"$schema":"http://json-schema.org/draft-07/schema#","pattern":` + large + `}`,
	} {
		spectest.WithinCPU(t, time.Second, "it", func() {
			if s := newSchema(text, maxEffort/10); s.err == nil || !strings.Contains(s.err.Error(), errEffort.Error()) {
				t.Errorf("%.40s: %v", text, s.err)
			}
		})
	}
}

// dynamic returns a schema that reaches the branching schemas only through the dynamic reference of
// another resource. That leads to the resource's own schema unless validation began in this one.
func dynamic(branching string) string {
	return strings.TrimSuffix(branching, `"$ref":"#/$defs/d0"}`) + `"$id":"x:root","$ref":"y:other"}`
}
