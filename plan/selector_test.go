package plan_test

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/state"
)

func TestParseSelector(t *testing.T) {
	tests := map[string]struct {
		want plan.Selector
		err  string
	}{
		"message.x":                {want: plan.Selector{Address: "message.x"}},
		`message.x["k"]`:           {want: plan.Selector{Address: `message.x["k"]`}},
		`message.x[ "k" ]`:         {want: plan.Selector{Address: `message.x["k"]`}},
		"message.x[0]":             {want: plan.Selector{Address: "message.x[0]"}},
		`message["a/b"]`:           {want: plan.Selector{Address: `message["a/b"]`}},
		`message["a/b"]["k"]`:      {want: plan.Selector{Address: `message["a/b"]["k"]`}},
		`message["x"]`:             {want: plan.Selector{Address: "message.x"}},
		`module.m.message.x["k"]`:  {want: plan.Selector{Address: `module.m.message.x["k"]`}},
		`module.m["k"].message.x`:  {want: plan.Selector{Address: `module.m["k"].message.x`}},
		`module.m[0]`:              {want: plan.Selector{Address: `module.m[0]`}},
		`module.m.module.n["a/b"]`: {want: plan.Selector{Address: `module.m.module.n["a/b"]`}},
		"module.m":                 {want: plan.Selector{Address: "module.m"}},
		"module.m/x":               {want: plan.Selector{Filter: "module.m/x"}},
		"module.m.x/y":             {want: plan.Selector{Filter: "module.m.x/y"}},
		"module.":                  {want: plan.Selector{Filter: "module."}},
		"module.m.module":          {want: plan.Selector{Filter: "module.m.module"}},
		`module.m["k"].x`:          {err: "does not name a message block"},
		`module.m["k"]["l"]`:       {err: "in brackets"},
		"site/a/#":                 {want: plan.Selector{Filter: "site/a/#"}},
		"site/+/config":            {want: plan.Selector{Filter: "site/+/config"}},
		"message":                  {want: plan.Selector{Filter: "message"}},
		"message.x/y":              {want: plan.Selector{Filter: "message.x/y"}},
		"message.+":                {err: "wildcard"},
		"a/#/b":                    {err: "last level"},
		"":                         {err: "cannot be empty"},
		"message.x[":               {err: "is not an address"},
		"message.x.y":              {err: "in brackets"},
		`message["a"]["b"]["c"]`:   {err: "is not an address"},
		`message.x[foo]`:           {err: "is not an address"},
		`message["${x}"]`:          {err: "is not an address"},
		"message.":                 {err: "is not an address"},
	}
	for in, test := range tests {
		got, err := plan.ParseSelector(in)
		switch {
		case test.err == "" && err != nil:
			t.Errorf("%q: %v", in, err)
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
			t.Errorf("%q: error %v, want one with %q", in, err, test.err)
		case got != test.want:
			t.Errorf("%q: %+v, want %+v", in, got, test.want)
		}
	}
}

func TestSelectorMatchesInstances(t *testing.T) {
	address := func(a string) func(*spec.Message) { return func(m *spec.Message) { m.Address = a } }
	w := newWorld()
	desired := []spec.Message{
		message("a", "1", address("message.x[0]")), message("b", "1", address(`message.x["k"]`)),
		message("c", "1", address("message.xy")), message("d", "1", address(`message["x/y"]`)),
		message("e/e", "1", address(`module.m["k"].message.x["1"]`)), message("f/f", "1", address(`module.m["k.l"].module.n.message.x`)),
		message("g/g", "1", address(`module.mm.message.x`)), message("h/h", "1", address(`module.m["k[0].l"].message.y`)),
	}
	for selector, want := range map[string]string{
		"message.x":      "+a new; +b new; ",
		"message.x[0]":   "+a new; ",
		`message["x/y"]`: "+d new; ",
		"module.m":       "+e/e new; +f/f new; +h/h new; ",
		`module.m["k"]`:  "+e/e new; ",

		`module.m["k.l"]`:               "+f/f new; ",
		"module.m.message.x":            "+e/e new; ",
		"module.m.module.n":             "+f/f new; ",
		`module.m["k"].message.x["1"]`:  "+e/e new; ",
		`module.m["k.l"].message.x`:     "",
		`module.m["k"].message.x["10"]`: "",

		"+": "+a new; +b new; +c new; +d new; ",
	} {
		s, err := plan.ParseSelector(selector)
		if err != nil {
			t.Fatal(err)
		}
		in := w.input(desired...)
		in.Target = []plan.Selector{s}
		wantPlan(t, in.plan(), want)
	}
}

func TestTopics(t *testing.T) {
	w := newWorld()
	w.run(t, w.plan(message("recorded", "1"), message("both", "1")))
	w.prior.Pending[stateKey("pending")] = state.Pending{}
	w.prior.Records[state.Key{Broker: "mqtt:other:1883", Topic: "elsewhere"}] = state.Record{}
	in := w.input(message("both", "1"), message("declared", "1"))
	wantEqual(t, in.topics(), []string{"both", "declared", "pending", "recorded"})
	in.Mode = plan.DestroyAll
	wantEqual(t, in.topics(), []string{"both", "pending", "recorded"})
	in.Mode, in.Target = plan.Normal, []plan.Selector{{Filter: "d/#"}, {Filter: "+"}}
	in.Exclude = []plan.Selector{{Filter: "pending"}}
	wantEqual(t, in.topics(), []string{"both", "declared", "recorded"})
}

func FuzzParseSelector(f *testing.F) {
	for _, seed := range []string{"message.x", `message["a/b"]["k"]`, "module.m.message.x[0]", "a/+/#", "message.x["} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first, err := plan.ParseSelector(s)
		if err != nil {
			return
		}
		again, err := plan.ParseSelector(first.String())
		if err != nil || again != first {
			t.Errorf("%q parses as %+v, and that as %+v, %v", s, first, again, err)
		}
	})
}

// TestAddressesOfModules checks that every address parses as itself, that each address of a
// module or block around it selects it, and that its block is known, for any text in keys
// and labels.
func TestAddressesOfModules(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune(`ab.["]\$%{}é message`)), 1, 12, -1)
	key := rapid.Custom(func(t *rapid.T) cty.Value {
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			return cty.NilVal
		case 1:
			return cty.NumberIntVal(int64(rapid.IntRange(0, 20).Draw(t, "number")))
		}
		return cty.StringVal(text.Draw(t, "key"))
	})
	rapid.Check(t, func(t *rapid.T) {
		var prefixes []string
		module, static := "", ""
		for range rapid.IntRange(0, 3).Draw(t, "depth") {
			name, index := rapid.SampledFrom([]string{"m", "message", "module"}).Draw(t, "module"), key.Draw(t, "key")
			prefixes = append(prefixes, module+addrs.Module(name, cty.NilVal), module+addrs.Module(name, index))
			module += addrs.Module(name, index) + "."
			static += addrs.Module(name, cty.NilVal) + "."
		}
		label, index := text.Draw(t, "label"), key.Draw(t, "index")
		full := module + addrs.Message(label, index)
		prefixes = append(prefixes, module+addrs.Message(label, cty.NilVal), full, static+addrs.Message(label, cty.NilVal), static+addrs.Message(label, index))
		for _, p := range prefixes {
			s, err := plan.ParseSelector(p)
			if err != nil || s.Address != p || !s.Matches(full, "t") {
				t.Fatalf("%s parses as %+v (%v) and does not select %s", p, s, err, full)
			}
		}
		c := plan.Change{Address: full, Name: label}
		if c.Module() != strings.TrimSuffix(module, ".") || c.Block() != static+addrs.Message(label, cty.NilVal) {
			t.Fatalf("%s has module %s and block %s", full, c.Module(), c.Block())
		}
	})
}

func TestBlockAndModule(t *testing.T) {
	for address, want := range map[string][2]string{
		`message.b`:                              {"", "message.b"},
		`message.b["module.a.message.c"]`:        {"", "message.b"},
		`module.a.message.b[0]`:                  {"module.a", "module.a.message.b"},
		`module.a["x.message.y"].message.b["k"]`: {`module.a["x.message.y"]`, `module.a.message.b`},
		`module.a["]\""].module.c[1].message.b`:  {`module.a["]\""].module.c[1]`, `module.a.module.c.message.b`},
	} {
		c := plan.Change{Address: address, Name: "b"}
		wantEqual(t, [2]string{c.Module(), c.Block()}, want)
	}
	c := plan.Change{Address: `module.a["k"].module.b.module.c[0].message.b["x"]`, Name: "b"}
	wantEqual(t, c.Within(), []string{"module.a.module.b.module.c.message.b", "module.a.module.b.module.c", "module.a.module.b", "module.a"})
}
