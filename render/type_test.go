package render

import (
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// TestTypeOfSensitive checks that the type of a sensitive value is not shown, because that of an object has the
// names of its attributes.
func TestTypeOfSensitive(t *testing.T) {
	secret := cty.ObjectVal(map[string]cty.Value{"hunter2": cty.True}).Mark("sensitive")
	named := func(v cty.Value) cty.Value { return cty.ObjectVal(map[string]cty.Value{"a": cty.True, "b": v}) }
	for want, v := range map[string]cty.Value{
		"(sensitive value)": secret,
		"object({\n    a: bool,\n    b: (sensitive value),\n})":                                      named(secret),
		"tuple([\n    bool,\n    (sensitive value),\n])":                                             cty.TupleVal([]cty.Value{cty.True, secret}),
		"list(\n    (sensitive value),\n)":                                                           cty.ListVal([]cty.Value{secret}),
		"map(\n    (sensitive value),\n)":                                                            cty.MapVal(map[string]cty.Value{"a": secret}),
		"object({\n    a: bool,\n    b: object({\n        a: bool,\n        b: string,\n    }),\n})": named(named(cty.StringVal("x"))),
	} {
		if got := TypeOf(v); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestOutputsEventHidesTypes checks that the outputs event of a sensitive output has neither its value nor its type.
func TestOutputsEventHidesTypes(t *testing.T) {
	value := cty.ObjectVal(map[string]cty.Value{"hunter2": cty.StringVal("hunter2")})
	var out strings.Builder
	NewEvents(&out, "0.1.0", clock(time.Second)).Outputs([]Output{{Name: "keys", Value: value, Sensitive: true}, {Name: "open", Value: cty.True}})
	if text := out.String(); strings.Contains(text, "hunter2") ||
		!strings.Contains(text, `"keys":{"sensitive":true,"type":"dynamic"}`) || !strings.Contains(text, `"open":{"sensitive":false,"type":"bool","value":true}`) {
		t.Error(text)
	}
}
