package bounds

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// TestWhollyKnownCounts holds that a value which doubles at each level is looked at no
// further than the bound.
func TestWhollyKnownCounts(t *testing.T) {
	v := cty.StringVal("a").Mark("secret")
	for range 60 {
		v = cty.TupleVal([]cty.Value{v, v})
	}
	left := 1000
	if WhollyKnown(v, &left) || left >= 0 {
		t.Errorf("2^60 values are within 1000, %d are left", left)
	}
	left = 1000
	if !WhollyKnown(cty.TupleVal([]cty.Value{cty.True, cty.NullVal(cty.String)}), &left) || left != 997 {
		t.Errorf("of 3 known values %d are left", left)
	}
	if left = 1000; WhollyKnown(cty.TupleVal([]cty.Value{cty.UnknownVal(cty.String)}), &left) || left < 0 {
		t.Errorf("an unknown value is known, or too large: %d left", left)
	}
}

// TestGuardEndsExpressions holds that an expression without an end in sight is reported
// once, and that nothing is evaluated from then on.
func TestGuardEndsExpressions(t *testing.T) {
	expr, diags := hclsyntax.ParseExpression([]byte(`[for a in l : [for b in l : [for c in l : [for d in l : "${d}"]]]]`), "", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	made := NewBudget(1 << 20)
	made.Guard(expr)
	list := make([]cty.Value, 1000)
	for i := range list {
		list[i] = cty.NumberIntVal(int64(i))
	}
	_, diags = expr.Value(&hcl.EvalContext{Variables: map[string]cty.Value{"l": cty.TupleVal(list)}})
	if len(diags) != 1 || diags[0].Summary != "Too much is made" || !made.Spent() {
		t.Errorf("%d diagnostics: %.300v", len(diags), diags)
	}
}

func TestTokensCountNesting(t *testing.T) {
	for expr, want := range map[string]string{
		strings.Repeat("(", MaxDepth+1):       "Nested too deeply",
		strings.Repeat("!", MaxDepth+1) + "a": "Nested too deeply",
		"1e9999":                              "Number too large",
		strings.Repeat("a + 1, ", MaxDepth):   "",
	} {
		tokens, _ := hclsyntax.LexExpression([]byte(expr), "", hcl.InitialPos)
		got := ""
		if d := Tokens(tokens); d != nil {
			got = d.Summary
		}
		if got != want {
			t.Errorf("%.10s...: %q, want %q", expr, got, want)
		}
	}
}
