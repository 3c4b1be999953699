package payload

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	tests := map[string]bool{
		`{}`: true, `[]`: true, ` {"a" : [1, {"b":null}] } `: true, `{"a":{"a":1}}`: true,
		``: false, `1`: false, `"text"`: false, `null`: false, `{`: false, `{"a":1}x`: false, `[1,]`: false,
		`{"a":1,"a":1}`: false, `{"a":1,"\u0061":1}`: false, `[{"x":[{"a":1,"a":2}]}]`: false,
		"[\"\xff\"]": false, "\xef\xbb\xbf{}": false,
		`["\ud83d\ude00"]`: true, `["\ud83d"]`: false, `["\ud83dx"]`: false, `["\ude00\ud83d"]`: false,
		`["\ud83d\u0041"]`: false, `{"\ud800":1}`: false, `["\ufffd"]`: true, `["\\ud800"]`: true,
		strings.Repeat("[", 1000) + strings.Repeat("]", 1000): true,
		strings.Repeat("[", 1001) + strings.Repeat("]", 1001): false,
		strings.Repeat("[", 1_000_000):                        false,
	}
	for in, want := range tests {
		if _, ok := Parse([]byte(in)); ok != want {
			t.Errorf("Parse(%.60q) = %v, want %v", in, ok, want)
		}
	}
}

func TestEqual(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{`x`, `x`, true}, {`x`, `y`, false}, {``, ``, true}, {`1`, `1.0`, false}, {`1`, ` 1`, false},
		{`{"a":1,"b":2}`, ` { "b" : 2 , "a" : 1 } `, true},
		{`{"a":1}`, `{"a":1,"b":2}`, false}, {`{"a":1}`, `{"b":1}`, false}, {`[1,2]`, `[2,1]`, false}, {`[1]`, `[1,1]`, false},
		{`["\u0041\/"]`, `["A/"]`, true}, {`["\ud83d\ude00"]`, `["😀"]`, true}, {`["e\u0301"]`, `["\u00e9"]`, false},
		{`["\b\f\n\r\t\"\\"]`, `["\u0008\u000c\u000A\u000d\u0009\u0022\u005C"]`, true},
		{`["\ud800"]`, `["\ud800"]`, true}, {`["\ud800"]`, `["\uD800"]`, false},
		{`{"a":1,"a":1}`, `{"a":1,"a":1}`, true}, {`{"a":1,"a":1}`, `{"a":1, "a":1}`, false},
		{`[1]`, `[1.0]`, true}, {`[1]`, `[10e-1]`, true}, {`[1]`, `[0.1E+1]`, true}, {`[0]`, `[-0.0e5]`, true}, {`[100]`, `[1e2]`, true},
		{`[1]`, `[-1]`, false}, {`[1]`, `[1.0000000000000000000000001]`, false}, {`[0.1]`, `[0.10]`, true},
		{`[9007199254740993]`, `[9007199254740992]`, false},
		{`[1e999999999]`, `[10e999999998]`, true}, {`[1e999999999]`, `[1e999999998]`, false},
		{`[1e99999999999999999999]`, `[10e99999999999999999998]`, false}, {`[0e99999999999999999999]`, `[0]`, true},
		{`[1]`, `["1"]`, false}, {`[true]`, `[false]`, false}, {`[null]`, `[0]`, false}, {`[{}]`, `[[]]`, false}, {`[]`, `{}`, false},
	}
	for _, tt := range tests {
		if got := Equal([]byte(tt.a), []byte(tt.b)); got != tt.want {
			t.Errorf("Equal(%s, %s) = %v", tt.a, tt.b, got)
		}
		if got := Equal([]byte(tt.b), []byte(tt.a)); got != tt.want {
			t.Errorf("Equal(%s, %s) = %v", tt.b, tt.a, got)
		}
	}
}

func TestDiff(t *testing.T) {
	tests := []struct {
		a, b string
		want []Leaf
	}{
		{`{"a":1,"b":"x"}`, `{"b":"\u0078","a":1.0}`, nil},
		{`{"a":1,"b":2,"c":3}`, `{"d":4,"b":5,"a":1}`, []Leaf{{"/b", "2", "5"}, {"/c", "3", ""}, {"/d", "", "4"}}},
		{`{"a/b":{"~":1}}`, `{"a/b":{"~":2}}`, []Leaf{{"/a~1b/~0", "1", "2"}}},
		{`{"":{"":1}}`, `{"":{"":2}}`, []Leaf{{"//", "1", "2"}}},
		{`[1,2,3]`, `[1,4]`, []Leaf{{"/1", "2", "4"}, {"/2", "3", ""}}},
		{`[]`, `[[{"a":{}}, []]]`, []Leaf{{"/0/0/a", "", "{}"}, {"/0/1", "", "[]"}}},
		{`{"a":{"b":1,"c":[2]}}`, `{}`, []Leaf{{"/a/b", "1", ""}, {"/a/c/0", "2", ""}}},
		{`{"a":{"b": 1}}`, `{"a":"x"}`, []Leaf{{"/a", `{"b":1}`, `"x"`}}},
		{`{"a":{}}`, `{"a":[ ]}`, []Leaf{{"/a", "{}", "[]"}}},
		{`[1]`, `{"0":1}`, []Leaf{{"", "[1]", `{"0":1}`}}},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, Diff(doc(t, tt.a), doc(t, tt.b))); d != "" {
			t.Errorf("Diff(%s, %s):\n%s", tt.a, tt.b, d)
		}
	}
}

func TestGet(t *testing.T) {
	const in = ` {"a": [1.50, {"b": "\u0041"}], "": 0, "m~n/o": 8, "e": { } } `
	tests := map[string]string{
		"": `{"a":[1.50,{"b":"\u0041"}],"":0,"m~n/o":8,"e":{}}`, "/": "0", "/a/0": "1.50", "/a/1": `{"b":"\u0041"}`, "/a/1/b": `"\u0041"`,
		"/m~0n~1o": "8", "/e": "{}",
	}
	for pointer, want := range tests {
		if got, ok := doc(t, in).Get(pointer); !ok || got != want {
			t.Errorf("Get(%q) = %q, %v, want %q", pointer, got, ok, want)
		}
	}
	for _, pointer := range []string{"a", "/x", "/a/2", "/a/-", "/a/00", "/a/-1", "/a/+1", "/a/x", "/a/0/x", "/e/", "/m~n~1o", "/99999999999999999999"} {
		if got, ok := doc(t, in).Get(pointer); ok {
			t.Errorf("Get(%q) = %q, want nothing", pointer, got)
		}
	}
}

func TestSet(t *testing.T) {
	const in = `{"a":[1.50,{"b":2}],"k":0e1}`
	tests := []struct{ pointer, json, want string }{
		{"/a/0", `2`, `{"a":[2,{"b":2}],"k":0e1}`},
		{"/a/1/b", ` {"x": [ ]} `, `{"a":[1.50,{"b":{"x":[]}}],"k":0e1}`},
		{"/a/1/c~1d", `"<"`, `{"a":[1.50,{"b":2,"c/d":"<"}],"k":0e1}`},
		{"/<", `1`, `{"a":[1.50,{"b":2}],"k":0e1,"<":1}`},
		{"", `[1]`, `[1]`},
		{"", `1`, in}, {"/k", `{`, in}, {"/k", ``, in}, {"/a/-", `1`, in}, {"/a/2", `1`, in}, {"/x/y", `1`, in}, {"/k/y", `1`, in}, {"k", `1`, in},
	}
	for _, tt := range tests {
		before := doc(t, in)
		if got := string(before.Set(tt.pointer, tt.json).Bytes()); got != tt.want {
			t.Errorf("Set(%q, %s) = %s, want %s", tt.pointer, tt.json, got, tt.want)
		}
		if got := string(before.Bytes()); got != in {
			t.Errorf("Set(%q, %s) changed its receiver to %s", tt.pointer, tt.json, got)
		}
	}
}

func TestReplace(t *testing.T) {
	const in = `{"a":[1,{"b":2}],"c/d":{"e":3},"f":4}`
	got := string(doc(t, in).Replace([]string{"/a/1/b", "/c~1d", "/c~1d/e", "/gone", "", "/a/0"}, `"x"`).Bytes())
	if want := `{"a":["x",{"b":"x"}],"c/d":"x","f":4}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCheckPointer(t *testing.T) {
	tests := map[string]bool{"": true, "/": true, "/a/b": true, "/~0~1": true, "/~01": true, "a": false, "/~": false, "/~2": false, "/a~": false}
	for pointer, want := range tests {
		if err := CheckPointer(pointer); (err == nil) != want {
			t.Errorf("CheckPointer(%q) = %v", pointer, err)
		}
	}
}

// A wide document must not take quadratic time, nor a huge exponent time in proportion to its
// value.
func TestLargeDocuments(t *testing.T) {
	const n = 100_000
	forward, backward, elements := make([]string, n), make([]string, n), make([]string, n)
	for i := range n {
		forward[i] = fmt.Sprintf(`"k%d":%d`, i, i)
		backward[n-1-i] = fmt.Sprintf(`"k%d":%d.0`, i, i)
		elements[i] = fmt.Sprintf("1e%d", 900_000_000+i)
	}
	a, b := "{"+strings.Join(forward, ",")+"}", "{"+strings.Join(backward, ",")+"}"
	start := time.Now()
	if !Equal([]byte(a), []byte(b)) || len(Diff(doc(t, a), doc(t, b))) != 0 {
		t.Error("a reordered object differs")
	}
	list := "[" + strings.Join(elements, ",") + "]"
	if !Equal([]byte(list), []byte(strings.ReplaceAll(list, "1e", "1.0E+"))) {
		t.Error("respelled numbers differ")
	}
	if took := time.Since(start); took > 30*time.Second { // under a second on an idle machine; quadratic time would be minutes
		t.Errorf("took %v", took)
	}
}

func doc(t interface{ Fatalf(string, ...any) }, s string) Doc {
	d, ok := Parse([]byte(s))
	if !ok {
		t.Fatalf("%.200s is not a document", s)
	}
	return d
}

// value generates a JSON value of at most the given depth, as encoding/json would decode it.
func value(depth int) *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int16().AsAny(), rapid.Float32Range(-1e9, 1e9).AsAny(),
		rapid.StringMatching(`[a-c~/"\\é😀]{0,3}`).AsAny(),
	)
	if depth == 0 {
		return scalar
	}
	return rapid.OneOf(scalar, nested(depth))
}

func nested(depth int) *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.SliceOfN(value(depth-1), 0, 4).AsAny(),
		rapid.MapOfN(rapid.StringMatching(`[a-c~/"é]{0,2}`), value(depth-1), 0, 12).AsAny(),
	)
}

func container() *rapid.Generator[any] { return nested(3) }

func text(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// respell writes v with its keys shuffled and everything spelled differently.
func respell(r *rand.Rand, v any) string {
	space := strings.Repeat(" ", r.Intn(3))
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = respell(r, v[i])
		}
		return "[" + space + strings.Join(parts, space+",\n") + "]"
	case map[string]any:
		var parts []string
		for k := range v {
			parts = append(parts, escaped(k)+space+":\t"+respell(r, v[k]))
		}
		r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		return "{" + strings.Join(parts, ","+space) + space + "}"
	case string:
		return escaped(v)
	case int16:
		return fmt.Sprintf("%d.0e-2", int(v)*100)
	}
	return text(v)
}

func escaped(s string) string {
	b := `"`
	for _, r := range s {
		if r > 0xffff {
			b += string(r)
			continue
		}
		b += fmt.Sprintf(`\u%04X`, r)
	}
	return b + `"`
}

func TestEqualIgnoresSpelling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := container().Draw(t, "v")
		a := text(v)
		b := respell(rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed"))), v)
		if !Equal([]byte(a), []byte(b)) || !Equal([]byte(b), []byte(a)) {
			t.Fatalf("%s\ndiffers from\n%s", a, b)
		}
		if got := string(doc(t, a).Bytes()); got != a {
			t.Fatalf("%s was rewritten to %s", a, got)
		}
	})
}

func TestDiffIsEmptyExactlyIfEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := text(container().Draw(t, "a")), text(container().Draw(t, "b"))
		diff := Diff(doc(t, a), doc(t, b))
		if Equal([]byte(a), []byte(b)) != (len(diff) == 0) {
			t.Fatalf("Equal(%s, %s), and Diff returns %v", a, b, diff)
		}
		if back := Diff(doc(t, b), doc(t, a)); len(back) != len(diff) {
			t.Fatalf("%v one way, %v the other", diff, back)
		}
	})
}

// Setting every changed leaf that both sides have leads from a to b.
func TestDiffLeadsFromAToB(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := doc(t, text(container().Draw(t, "a")))
		b := a
		for range rapid.IntRange(1, 4).Draw(t, "edits") {
			leaf := rapid.SampledFrom(b.Leaves()).Draw(t, "leaf")
			b = b.Set(leaf.Pointer, text(value(1).Draw(t, "value")))
		}
		c := a
		for _, leaf := range Diff(a, b) {
			c = c.Set(leaf.Pointer, leaf.After)
		}
		// Filling an empty container adds leaves that a has no parent for.
		for _, leaf := range Diff(c, b) {
			if leaf.Before != "" && !strings.ContainsAny(leaf.Before[:1], "{[") {
				t.Fatalf("%s to %s: %v is left", a.Bytes(), b.Bytes(), leaf)
			}
		}
	})
}

func TestEveryLeafCanBeGotAndSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := doc(t, text(container().Draw(t, "d")))
		for _, leaf := range d.Leaves() {
			if got, ok := d.Get(leaf.Pointer); !ok || got != leaf.After {
				t.Fatalf("Get(%q) = %q, want %q", leaf.Pointer, got, leaf.After)
			}
			set := d.Set(leaf.Pointer, `["other"]`)
			if want := []Leaf{{leaf.Pointer, leaf.After, `["other"]`}}; leaf.After != "[]" && !cmp.Equal(Diff(d, set), want) {
				t.Fatalf("Set(%q) changed %v", leaf.Pointer, Diff(d, set))
			}
			if replaced := d.Replace([]string{leaf.Pointer}, `["other"]`); leaf.Pointer != "" && string(replaced.Bytes()) != string(set.Bytes()) {
				t.Fatalf("Replace returns %s, Set %s", replaced.Bytes(), set.Bytes())
			}
		}
	})
}

// encoding/json is the reference for what is JSON and for the content of strings.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a":[1,-0.5e+3,"\u00e9\ud83d\ude00\n",true,null,{}]}`, ` [ ] `, `{"a":1,"a":2}`, `["\ud800"]`, `[1`, `{"a" : {"b":"\\\""}}`} {
		f.Add([]byte(s), "/a")
	}
	f.Fuzz(func(t *testing.T, b []byte, pointer string) {
		d, ok := Parse(b)
		if !ok {
			return
		}
		var want, got any
		if err := json.Unmarshal(b, &want); err != nil {
			if !strings.Contains(err.Error(), "cannot unmarshal number") { // beyond float64
				t.Fatalf("parsed what encoding/json refuses: %v", err)
			}
			return
		}
		if err := json.Unmarshal(d.Bytes(), &got); err != nil || !cmp.Equal(want, got) {
			t.Fatalf("%s is not equivalent to %s (%v)", d.Bytes(), b, err)
		}
		if again, ok := Parse(d.Bytes()); !ok || len(Diff(d, again)) != 0 || !Equal(b, d.Bytes()) {
			t.Fatalf("%s does not parse back equal", d.Bytes())
		}
		if set := d.Set(pointer, `"set"`); string(set.Bytes()) != string(d.Bytes()) {
			if v, ok := set.Get(pointer); !ok || v != `"set"` {
				t.Fatalf("Set(%q) returned %s", pointer, set.Bytes())
			}
		}
	})
}
