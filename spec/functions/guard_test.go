package functions

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/retainctl/retainctl/spec/bounds"
	"github.com/retainctl/retainctl/spec/sensitive"
	"github.com/retainctl/retainctl/spec/spectest"
)

// No error of any function may quote a sensitive argument.
func TestErrorsHideSensitiveArguments(t *testing.T) {
	ctx := functionContext(t)
	ctx.Variables["s"] = cty.StringVal("hunter2").Mark(sensitive.Mark)
	for _, expr := range []string{
		`tonumber(s)`, `parseint(s, 10)`, `tobool(s)`, `timeadd(s, "1h")`, `timecmp(s, s)`, `formatdate("DD", s)`,
		`base64decode(s)`, `jsondecode(s)`, `yamldecode("a: b: ${s}")`, `csvdecode("a\n\"${s}\"x")`, `regex(s, "x")`,
		`cidrhost(s, 1)`, `cidrsubnet(s, 1, 1)`, `uuidv5(s, "a")`, `rsadecrypt(s, s)`, `file(s)`, `fileset(".", "[${s}")`,
		`lookup({}, s)`, `lookup(tomap({ a = 1 }), s)`, `element([], s)`, `textdecodebase64("", s)`, `replace("a", "/(${s}/", "b")`,
		`format("%d", s)`, `formatlist("%d", [s])`, `templatefile(s, {})`, `templatefile("greeting.tpl", tomap({ (s) = "a" }))`,
		`tolist(s)`, `tomap(s)`, `zipmap([s], [])`, `strrev(tonumber(s))`, `one([s, s])`, `sum([s])`, `coalesce(sensitive(""))`,
		`setproduct(s)`, `try(tonumber(s))`, `csvdecode("${s},${s}\n1,2")`,
		`templatefile("number.tpl", { s = s })`, `timeadd("2020-01-01T00:00:00Z", s)`,
	} {
		_, err := evaluate(ctx, expr)
		switch {
		case err == nil:
			t.Errorf("%s returns no error", expr)
		case strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s shows the secret: %v", expr, err)
		}
	}
	if _, err := evaluate(ctx, `tonumber("hunter2")`); err == nil || !strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a plain argument should be quoted: %v", err)
	}
}

// A call whose result would fill the memory fails before it creates the result, and fast.
func TestFunctionsAreBounded(t *testing.T) {
	ctx := functionContext(t)
	long := cty.StringVal(strings.Repeat("a\n", 1<<19))
	ctx.Variables["long"], ctx.Variables["secret"] = long, long.Mark(sensitive.Mark)
	for _, expr := range []string{
		`indent(1000000000, long)`, `indent(1000000000, "a")`, `indent(1e99, "a")`, `indent(1000000, secret)`, `replace(long, "a", long)`,
		`replace(long, "", long)`, `replace(long, "/a/", long)`, `join(long, range(1000))`, `join(",", [for i in range(1000) : long])`,
		`format("%999999999d", 1)`, `format("%.999999999f", 1)`, `format("%99999999999999999999d", 1)`, `formatlist("%99999d", range(10000))`,
		`length(setproduct(range(10000), range(10000)))`, `setproduct([for i in range(64) : ["a", "b"]]...)`,
		`jsonencode([for i in range(1000) : long])`,
		`jsonencode([for i in range(1000) : secret])`,
	} {
		spectest.WithinCPU(t, 5*time.Second, expr, func() {
			if v, err := evaluate(ctx, expr); err == nil {
				t.Errorf("%s returns a %s", expr, v.Type().FriendlyName())
			}
		})
	}
	for _, expr := range []string{
		`indent(2, long)`, `replace(long, "a", "bb")`, `replace(long, "/a/", "b")`, `join(",", [long, long])`, `format("%9d%%99999999999d", 1)`,
		`setproduct(range(1000), range(1000))`, `setproduct(range(10000), range(10000), [])`, `indent(sensitive(2), secret)`,
	} {
		if _, err := evaluate(ctx, expr); err != nil {
			t.Errorf("%s: %v", expr, err)
		}
	}
}

func TestGuardReportsNoStack(t *testing.T) {
	broken := guard(function.New(&function.Spec{
		Type: func([]cty.Value) (cty.Type, error) { return cty.String, nil },
		Impl: func([]cty.Value, cty.Type) (cty.Value, error) { panic("broken") },
	}), bounds.NewWork(context.Background()))
	_, err := broken.Call(nil)
	if err == nil || strings.Contains(err.Error(), "goroutine") || errors.As(err, &function.PanicError{}) {
		t.Errorf("a panic is reported as %v", err)
	}
}

// For any arguments, a function returns a result or an error: no panic, and no stack.
func TestFunctionsNeverPanic(t *testing.T) {
	odd := []cty.Value{
		cty.NullVal(cty.DynamicPseudoType), cty.DynamicVal, cty.UnknownVal(cty.String), cty.UnknownVal(cty.List(cty.Number)),
		cty.StringVal(""), cty.StringVal("a"), cty.NumberIntVal(-1), cty.NumberFloatVal(0.5), cty.PositiveInfinity, cty.True,
		cty.EmptyTupleVal, cty.EmptyObjectVal, cty.ListValEmpty(cty.String), cty.MapValEmpty(cty.DynamicPseudoType),
		cty.TupleVal([]cty.Value{cty.NullVal(cty.String), cty.UnknownVal(cty.Bool)}), cty.ListVal([]cty.Value{cty.NullVal(cty.Number)}),
		cty.SetVal([]cty.Value{cty.UnknownVal(cty.String)}), cty.MapVal(map[string]cty.Value{"a": cty.NullVal(cty.List(cty.String))}),
		cty.StringVal("s").Mark(sensitive.Mark), cty.NullVal(cty.String).Mark(sensitive.Mark),
		cty.ObjectVal(map[string]cty.Value{"a": cty.True.Mark(sensitive.Mark)}),
	}
	for name, f := range testFunctions(t) {
		if name == "try" || name == "can" || name == "templatestring" { // these take expressions
			continue
		}
		if strings.HasPrefix(name, coreNamespace) { // another name of the same function
			continue
		}
		for _, a := range odd {
			callOdd(t, name, f, a)
			for i, b := range odd {
				callOdd(t, name, f, a, b)
				if i%3 == 0 { // every combination of three takes too long
					callOdd(t, name, f, a, b, a)
				}
			}
		}
	}
}

func callOdd(t *testing.T, name string, f function.Function, args ...cty.Value) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s(%#v) panics: %v", name, args, r)
		}
	}()
	if _, err := f.Call(args); err != nil && strings.Contains(err.Error(), "goroutine") {
		t.Errorf("%s(%#v): %v", name, args, err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	ctx := functionContext(t)
	for expr, want := range map[string]string{
		`timestamp()`:         "pass the time as a variable",
		`plantimestamp()`:     "pass the time as a variable",
		`uuid()`:              "uuidv5",
		`bcrypt("a")`:         "hash once",
		`bcrypt("a", 5)`:      "hash once",
		`abspath(".")`:        "relative to the configuration's folder",
		`list("a")`:           "tolist([ ... ])",
		`map("a", "b")`:       "tomap({ ... })",
		`pathexpand("~/key")`: "differs from machine to machine",
		`range(1000001)`:      "more than 1000000 values",
		`range(0, 1, 1e-9)`:   "more than 1000000 values",
		`range(0, 5, 0)`:      "step must not be zero",
		// For the next three Terraform returns an address outside the prefix.
		`cidrsubnet("10.0.0.0/8", -1, 1)`:                       "insufficient address space",
		`cidrsubnet("10.0.0.0/8", 8, -1)`:                       "does not accommodate",
		`cidrsubnet("fd00::/16", 64, 18446744073709551616)`:     "does not accommodate",
		`cidrhost("010.0.0.0/8", 1)`:                            "not a CIDR prefix", // octal in some languages, decimal in others
		`cidrhost("10.0.0.0/8", 1e4000)`:                        "at most 128 bits",
		`cidrhost("10.0.0.0/8", 1e999999)`:                      "too large",
		`templatestring(local.map["a"], { n = tonumber("x") })`: "a number",
	} {
		if v, err := evaluate(ctx, expr); err == nil || !strings.Contains(strings.Join(strings.Fields(err.Error()), " "), want) {
			t.Errorf("%s = %#v, %v, want an error with %q", expr, v, err, want)
		}
	}
}

func TestRangeBeyondTerraform(t *testing.T) {
	v, err := evaluate(functionContext(t), `range(100000)[99999]`)
	if err != nil || !v.RawEquals(cty.NumberIntVal(99999)) {
		t.Errorf("range(100000)[99999] = %#v, %v", v, err)
	}
}

func TestRSADecrypt(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	//lint:ignore SA1019 rsadecrypt decrypts this form
	ciphertext, err := rsa.EncryptPKCS1v15(rand.Reader, &key.PublicKey, []byte("hunter2"))
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for kind, der := range map[string][]byte{"RSA PRIVATE KEY": x509.MarshalPKCS1PrivateKey(key), "PRIVATE KEY": pkcs8} {
		text := string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
		plain, err := rsaDecrypt(base64.StdEncoding.EncodeToString(ciphertext), text)
		if err != nil || plain != "hunter2" {
			t.Errorf("%s: %q, %v", kind, plain, err)
		}
	}
	openssh := string(pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY"}))
	if _, err := rsaDecrypt("YQ==", openssh); err == nil || !strings.Contains(err.Error(), "ssh-keygen -p -m PEM") {
		t.Errorf("an OpenSSH key: %v", err)
	}
}

// Each of these would exhaust the stack, which crashes the process, or the memory.
func TestHostileDocuments(t *testing.T) {
	all := testFunctions(t)
	for _, c := range []struct{ name, function, doc string }{
		{"json arrays", "jsondecode", strings.Repeat("[", 1_000_000)},
		{"json objects", "jsondecode", strings.Repeat(`{"a":`, 1_000_000)},
		{"yaml flow", "yamldecode", strings.Repeat("[", 1_000_000)},
		{"yaml block", "yamldecode", strings.Repeat("- ", 1_000_000)},
		{"yaml keys", "yamldecode", strings.Repeat("? ", 1_000_000)},
		{"yaml aliases", "yamldecode", doubling(30)},
	} {
		spectest.WithinCPU(t, 5*time.Second, c.name, func() {
			if _, err := all[c.function].Call([]cty.Value{cty.StringVal(c.doc)}); err == nil {
				t.Errorf("%s: no error", c.name)
			}
		})
	}
	hostile := templates{}
	for _, text := range []string{
		strings.Repeat("${[", 50_000), strings.Repeat("%{if ", 50_000), "${" + strings.Repeat("!", 50_000),
	} {
		if _, err := hostile.parse(text, "hostile"); err == nil {
			t.Errorf("%.9s...: no error", text)
		}
	}
}

func TestCheckAliases(t *testing.T) {
	var fleet strings.Builder
	fleet.WriteString("base: &base { unit: C, interval: 30 }\ndevices:\n")
	for i := range 5000 {
		fmt.Fprintf(&fleet, "  therm-%d: { <<: *base, setpoint: %d }\n", i, i)
	}
	for name, c := range map[string]struct {
		doc string
		ok  bool
	}{
		"none":            {"a: 1", true},
		"one anchor":      {fleet.String(), true},
		"prose":           {"a: R&D *is* 2 * 3 & *more*", true},
		"anchored again":  {"a: &x 1\nb: *x\nc: &x 2\nd: *x", true},
		"fifteen doubled": {doubling(15), true},
		"thirty doubled":  {doubling(30), false},
		"flow, no spaces": {strings.ReplaceAll(doubling(30), ", ", ","), false},
	} {
		if err := checkAliases(c.doc); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// doubling returns a document of n lines that expands to 2^n values.
func doubling(n int) string {
	doc := "a0: &a0 [x]\n"
	for i := range n {
		doc += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	return doc
}

func FuzzDecode(f *testing.F) {
	for _, doc := range []string{
		"", "a,b\n1,2", "a: [1, {b: c}]\n", `{"a":[1,"x",null]}`, "&a [*a]", "? - x\n: y", "\"", "<<: *x", "a\n\"",
		"- - - x\n  - y", "!!float .nan", "%YAML 1.1\n---\n0",
	} {
		f.Add(doc)
	}
	root, err := OpenSandbox(functionFolder)
	if err != nil {
		f.Fatal(err)
	}
	all := New(root, ".", bounds.NewWork(context.Background()))
	huge := regexp.MustCompile(`[eE]\+?[0-9]{4}`) // takes minutes to format, which is not a fault of the decoders
	f.Fuzz(func(t *testing.T, doc string) {
		if huge.MatchString(doc) {
			return
		}
		for _, name := range []string{"csvdecode", "yamldecode", "jsondecode"} {
			v, err := all[name].Call([]cty.Value{cty.StringVal(doc)})
			if err != nil {
				if errors.Is(err, errNoResult) {
					t.Fatalf("%s panics on %q", name, doc)
				}
				continue
			}
			if _, err := all["jsonencode"].Call([]cty.Value{v}); err != nil && !strings.Contains(err.Error(), "infinity") {
				t.Fatalf("%s(%q) = %#v, which jsonencode refuses: %v", name, doc, v, err)
			}
		}
	})
}

func FuzzTemplate(f *testing.F) {
	for _, text := range []string{
		"hello ${name}", "%{ for i in [1] }${i}%{ endfor }", "${templatefile(\"greeting.tpl\", {})}", "${",
		"%{ if name == \"x\" ~}\n%{ else }${upper(name)}%{ endif }", "${jsonencode({a = name})}",
	} {
		f.Add(text)
	}
	root, err := OpenSandbox(functionFolder)
	if err != nil {
		f.Fatal(err)
	}
	render := templates{
		files:     files{root: root},
		functions: New(root, ".", bounds.NewWork(context.Background())),
	}
	f.Fuzz(func(t *testing.T, text string) {
		expr, err := render.parse(text, "fuzz.tpl")
		if err != nil {
			return
		}
		const secret = "hunter2"
		v, err := render.render(expr, cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(secret).Mark(sensitive.Mark)}))
		if err != nil {
			return
		}
		plain, marks := v.UnmarkDeep()
		shown := len(marks) == 0 && strings.Contains(fmt.Sprintf("%#v", plain), secret)
		if shown && !strings.Contains(text, secret) && !strings.Contains(text, "nonsensitive") {
			t.Fatalf("%q renders a sensitive value as %#v", text, v)
		}
	})
}
