package bounds

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A value that doubles at each level is visited only up to the bound.
func TestWhollyKnownCounts(t *testing.T) {
	v := cty.StringVal("a").Mark("secret")
	for range 60 {
		v = cty.TupleVal([]cty.Value{v, v})
	}
	left := 1000
	if WhollyKnown(v, &left) || left >= 0 {
		t.Errorf("2^60 values are within the bound of 1000, %d are left", left)
	}
	left = 1000
	if !WhollyKnown(cty.TupleVal([]cty.Value{cty.True, cty.NullVal(cty.String)}), &left) || left != 997 {
		t.Errorf("after 3 known values %d of 1000 are left", left)
	}
	if left = 1000; WhollyKnown(cty.TupleVal([]cty.Value{cty.UnknownVal(cty.String)}), &left) || left < 0 {
		t.Errorf("an unknown value is reported as known or too large: %d of 1000 are left", left)
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
