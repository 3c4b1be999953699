package render

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// TestValue checks the form of every kind of value. TestValuesAsTerraform in package cli compares with Terraform the
// values that expressions can make.
func TestValue(t *testing.T) {
	object := func(pairs ...any) cty.Value {
		all := map[string]cty.Value{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i].(string)] = pairs[i+1].(cty.Value)
		}
		return cty.ObjectVal(all)
	}
	s, n := cty.StringVal, cty.NumberIntVal
	for _, test := range []struct {
		value cty.Value
		want  string
	}{
		{s("a"), `"a"`},
		{s(`say "hi" \o/`), `"say \"hi\" \\o/"`},
		{s(""), `""`},
		{s("a\tb"), `"a\tb"`},
		{s("clear\x1b[2J"), `"clear\u001b[2J"`},
		{n(42), "42"},
		{cty.MustParseNumberVal("0.1"), "0.1"},
		{cty.MustParseNumberVal("123456789012345678901234567890"), "123456789012345678901234567890"},
		{cty.True, "true"},
		{cty.NullVal(cty.DynamicPseudoType), "null"},
		{cty.NullVal(cty.String), "tostring(null)"},
		{cty.NullVal(cty.Number), "tonumber(null)"},
		{cty.NullVal(cty.Bool), "tobool(null)"},
		{cty.NullVal(cty.List(cty.String)), "tolist(null) /* of string */"},
		{cty.NullVal(cty.Set(cty.Number)), "toset(null) /* of number */"},
		{cty.NullVal(cty.Map(cty.Bool)), "tomap(null) /* of bool */"},
		{cty.NullVal(cty.Object(map[string]cty.Type{"a": cty.Bool})), "null /* object */"},
		{cty.UnknownVal(cty.String), "(known after apply)"},
		{s("x").Mark("sensitive"), "(sensitive value)"},
		{cty.EmptyObjectVal, "{}"},
		{cty.EmptyTupleVal, "[]"},
		{cty.ListValEmpty(cty.String), "tolist([])"},
		{cty.MapValEmpty(cty.String), "tomap({})"},
		{cty.SetVal([]cty.Value{n(2), n(1)}), "toset([\n  1,\n  2,\n])"},
		{cty.ListVal([]cty.Value{s("a"), s("b")}), "tolist([\n  \"a\",\n  \"b\",\n])"},
		{object("b", n(1), "a", cty.TupleVal([]cty.Value{n(1), object("c d", cty.NullVal(cty.String))})),
			"{\n  \"a\" = [\n    1,\n    {\n      \"c d\" = tostring(null)\n    },\n  ]\n  \"b\" = 1\n}"},
		{object("a", s("x").Mark("sensitive"), "b", n(1)), "{\n  \"a\" = (sensitive value)\n  \"b\" = 1\n}"},
		{s("one\ntwo\n"), "<<EOT\none\ntwo\n\nEOT"},
		{s("one\nEOT\nEOT_\n"), "<<EOT__\none\nEOT\nEOT_\n\nEOT__"},
		{object("t", s("a\n\tb")), "{\n  \"t\" = <<-EOT\n  a\n  \tb\n  EOT\n}"},
		// A line that a terminal or a CI runner would act on is shown escaped.
		{s("one\n\x1b[2J"), `"one\n\u001b[2J"`},
		{s("one\n::set-output name=x::y"), `"one\n::set-output name=x::y"`},
	} {
		if got := Value(test.value); got != test.want {
			t.Errorf("%#v\n got %s\nwant %s", test.value, got, test.want)
		}
	}
}
