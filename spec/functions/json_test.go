package functions

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	"github.com/zclconf/go-cty/cty/json"
	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/sensitive"
)

func TestSensitiveParts(t *testing.T) {
	ctx := functionContext(t)
	ctx.Variables["psk"] = cty.StringVal("hunter2").Mark(sensitive.Mark)
	ctx.Variables["keys"] = cty.ListVal([]cty.Value{cty.StringVal("k1")}).Mark(sensitive.Mark)
	for expr, want := range map[string]string{
		`"plain"`:                                                     "",
		`jsonencode({ a = 1 })`:                                       "",
		`psk`:                                                         "all",
		`"x${psk}"`:                                                   "all",
		`jsonencode(psk)`:                                             "all",
		`jsonencode(keys)`:                                            "all",
		`jsonencode(sensitive({}))`:                                   "all",
		`jsonencode({ a = psk, b = 1 })`:                              "/a",
		`jsonencode({ a = [1, psk], b = psk })`:                       "/a/1 /b",
		`jsonencode([{ "a/b~c" = psk }])`:                             "/0/a~1b~0c",
		`jsonencode({ a = keys })`:                                    "/a",
		`jsonencode({ a = sensitive([]) })`:                           "/a",
		`jsonencode({ a = sensitive(null) })`:                         "/a",
		`jsonencode({ a = toset([psk]) })`:                            "/a",
		`jsonencode({ a = { "é" = psk } })`:                           "/a/é",
		`jsonencode({ a = { for k in keys : k => 1 } })`:              "/a",
		`jsonencode({ a = jsonencode({ b = psk }), c = 1 })`:          "/a",
		`jsonencode({ a = "x${psk}", b = length(psk) })`:              "/a /b",
		`"${jsonencode({ a = psk })}"`:                                "/a",
		`trimspace(jsonencode({ a = psk }))`:                          "/a",
		`"${jsonencode({ a = psk })}\n"`:                              "all",
		`upper(jsonencode({ a = psk }))`:                              "all",
		`substr(jsonencode({ a = psk }), 6, 4)`:                       "all",
		`base64encode(jsonencode({ a = psk }))`:                       "all",
		`psk == "x" ? jsonencode({ a = 1 }) : jsonencode({ a = 2 })`:  "all",
		`jsonencode({ a = psk }) == "" ? "x" : jsonencode({ a = 2 })`: "all",
		`jsonencode(jsondecode(jsonencode({ a = psk })))`:             "all",
		`yamlencode({ a = psk })`:                                     "all",
		`format("%s", psk)`:                                           "all",
		`join(",", ["a", psk])`:                                       "all",
		`csvdecode("a\n${psk}")[0].a`:                                 "all",
		`templatefile("greeting.tpl", { name = psk })`:                "all",
		`templatefile("json.tpl", { name = psk })`:                    "/name",
		`templatestring(local.template, { n = psk })`:                 "all",
		`nonsensitive(psk)`:                                           "",
		`nonsensitive(jsonencode({ a = psk }))`:                       "",
		`jsonencode({ a = nonsensitive(psk) })`:                       "",
		`sensitive(jsonencode({ a = psk }))`:                          "all",
		`sensitive("x")`:                                              "all",
	} {
		v, err := evaluate(ctx, expr)
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		all, leaves := sensitive.Parts(v)
		got := strings.Join(leaves, " ")
		if all {
			got = "all"
		}
		if got != want {
			t.Errorf("the sensitive parts of %s are %q, want %q", expr, got, want)
		}
		if sensitive.Is(v) != (want != "") {
			t.Errorf("%s: sensitive.Is is %v", expr, sensitive.Is(v))
		}
	}
}

// Leaf marks depend on this: redacting the leaves that jsonencode marks leaves no secret in the
// document, however the document was built.
func TestJSONEncodeLeavesNoSecret(t *testing.T) {
	const secret = "hunter2"
	encode := jsonEncode()
	rapid.Check(t, func(t *rapid.T) {
		v := secretValue(t, 3, secret)
		doc, err := encode.Call([]cty.Value{v})
		if err != nil {
			t.Fatal(err)
		}
		all, leaves := sensitive.Parts(doc)
		plain, _ := doc.Unmark()
		if all {
			return
		}
		shown := mqtt.Redaction{Leaves: leaves}.Apply(mqtt.Message{Payload: []byte(plain.AsString())})
		if strings.Contains(string(shown.Payload), secret) {
			t.Fatalf("%s, redacted at %q, shows the secret: %s", plain.AsString(), leaves, shown.Payload)
		}
	})
}

// secretValue draws a value in which the secret is only below marks.
func secretValue(t *rapid.T, depth int, secret string) cty.Value {
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	if depth == 0 {
		kind %= 3
	}
	key := rapid.SampledFrom([]string{"a", "b/c", "~", "", "0", "é", "~1"})
	switch kind {
	case 0:
		return cty.StringVal("plain")
	case 1:
		return cty.StringVal(secret).Mark(sensitive.Mark)
	case 2:
		return cty.ObjectVal(map[string]cty.Value{secret: cty.True}).Mark(sensitive.Mark)
	case 3:
		return cty.TupleVal([]cty.Value{secretValue(t, depth-1, secret), secretValue(t, depth-1, secret)})
	case 4:
		inner, err := jsonEncode().Call([]cty.Value{secretValue(t, depth-1, secret)})
		if err != nil {
			t.Fatal(err)
		}
		return inner
	}
	return cty.ObjectVal(map[string]cty.Value{
		key.Draw(t, "key"): secretValue(t, depth-1, secret),
		key.Draw(t, "key"): secretValue(t, depth-1, secret),
	})
}

// Terraform uses cty's encoder.
func TestJSONEncodeMatchesCty(t *testing.T) {
	unknown := cty.ObjectVal(map[string]cty.Value{"a": cty.UnknownVal(cty.String)})
	for _, v := range []cty.Value{cty.NullVal(cty.String), cty.DynamicVal, unknown, cty.UnknownVal(cty.Number), cty.EmptyObjectVal} {
		got, err := jsonEncode().Call([]cty.Value{v})
		want, wantErr := stdlib.JSONEncode(v)
		if err != nil || wantErr != nil || !got.RawEquals(want) {
			t.Errorf("jsonencode(%#v) = %#v, %v, want %#v, %v", v, got, err, want, wantErr)
		}
	}
	got, err := jsonEncode().Call([]cty.Value{cty.TupleVal([]cty.Value{cty.UnknownVal(cty.String), cty.True.Mark(sensitive.Mark)})})
	if err != nil || got.IsKnown() || !sensitive.Is(got) {
		t.Errorf("an unknown document with a sensitive leaf is %#v, %v, want it unknown and sensitive", got, err)
	}
}

// Numbers of every origin are formatted as by cty's encoder.
func TestAppendNumberMatchesCty(t *testing.T) {
	for f, want := range map[float64]string{1 << 55: "36028797018963970", 1.0 / (1 << 24): "0.00000005960464477539062"} {
		if got, _ := appendNumber(nil, cty.NumberFloatVal(f).AsBigFloat()); string(got) != want {
			t.Errorf("the float64 %v is formatted as %s, want %s", f, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		v := cty.NumberFloatVal(rapid.Float64().Draw(t, "float"))
		if rapid.Bool().Draw(t, "decimal") {
			v = cty.MustParseNumberVal(rapid.StringMatching(`-?[0-9]{1,20}(\.[0-9]{1,25})?(e-?[0-9]{1,2})?`).Draw(t, "text"))
		}
		if divisor := rapid.IntRange(1, 9).Draw(t, "divisor"); divisor > 1 {
			v = v.Divide(cty.NumberIntVal(int64(divisor)))
		}
		want, err := json.Marshal(v, v.Type())
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := appendNumber(nil, v.AsBigFloat()); !ok || string(got) != string(want) {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}

func FuzzAppendStringMatchesCty(f *testing.F) {
	for _, s := range []string{"", "a", "<&>\"\\/", "\u2028é\x00\x7f\n", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := cty.StringVal(s)
		want, err := json.Marshal(v, cty.String)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendString(nil, v.AsString()); string(got) != string(want) {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}

func BenchmarkJSONEncode(b *testing.B) {
	for name, psk := range map[string]cty.Value{"plain": cty.StringVal("x"), "sensitive": cty.StringVal("x").Mark(sensitive.Mark)} {
		b.Run(name, func(b *testing.B) {
			encode := jsonEncode()
			v := cty.ObjectVal(map[string]cty.Value{
				"setpoint": cty.NumberFloatVal(21.5), "unit": cty.StringVal("C"), "interval": cty.NumberIntVal(30),
				"wifi": cty.ObjectVal(map[string]cty.Value{"ssid": cty.StringVal("lab"), "psk": psk}),
			})
			for b.Loop() {
				if _, err := encode.Call([]cty.Value{v}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCSVDecode100k(b *testing.B) {
	var csv strings.Builder
	csv.WriteString("id,site,setpoint,unit,firmware\n")
	for i := range 100_000 {
		fmt.Fprintf(&csv, "therm-%d,site-%d,21.5,C,1.0.%d\n", i, i%100, i%10)
	}
	decode := guard(stdlib.CSVDecodeFunc, bounds.NewWork(context.Background()))
	for b.Loop() {
		v, err := decode.Call([]cty.Value{cty.StringVal(csv.String())})
		if err != nil || v.LengthInt() != 100_000 {
			b.Fatal(err)
		}
	}
}
