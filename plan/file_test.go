package plan_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

func save(t tester, p *plan.Plan) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := plan.Save(&b, p); err != nil {
		t.Fatalf("%v", err)
	}
	return b.Bytes()
}

func saved(t tester, p *plan.Plan) *plan.Plan {
	t.Helper()
	loaded, err := plan.Load(bytes.NewReader(save(t, p)))
	if err != nil {
		t.Fatalf("%v", err)
	}
	return loaded
}

// TestFileRoundTrip checks that a loaded plan, with its secrets resolved from the
// configuration, equals the plan that was saved.
func TestFileRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		if rapid.Bool().Draw(t, "first") {
			w.prior = nil
		} else {
			w.run(t, w.force(drawDeclared(t, "before")))
		}
		meddle(t, w)
		desired := drawDeclared(t, "after")
		want := w.force(desired)
		got := saved(t, want)
		if diff := cmp.Diff(want, got, equalPlans); diff != "" {
			t.Fatalf("loaded (-want +got):\n%s", diff)
		}
		var key []byte
		if w.prior != nil {
			key = w.prior.DigestKey
		}
		if err := got.Resolve(desired, key); err != nil && !hidesIgnored(desired) {
			t.Fatalf("resolve: %v", err)
		} else if err != nil {
			return
		}
		for i := range want.Changes {
			w.carry(&want.Changes[i])
			w.carry(&got.Changes[i])
			m, publishes := want.Changes[i].Publish()
			n, also := got.Changes[i].Publish()
			if diff := cmp.Diff(m, n, cmpopts.EquateEmpty()); diff != "" || publishes != also {
				t.Fatalf("publish (-want +got):\n%s", diff)
			}
		}
		if want.Token() != got.Token() {
			t.Fatalf("the token differs")
		}
	})
}

// hidesIgnored reports whether a declaration ignores a part, so that the plan may publish a
// live secret that is neither in the configuration nor in a saved plan.
func hidesIgnored(desired []spec.Message) bool {
	for _, d := range desired {
		if !d.Ignored().None() {
			return true
		}
	}
	return false
}

var equalPlans = cmp.Options{
	cmpopts.EquateEmpty(), cmpopts.IgnoreFields(plan.Broker{}, "Age"), cmpopts.IgnoreUnexported(plan.Change{}),
	cmp.Comparer(func(a, b cty.Value) bool {
		return a == cty.NilVal && b == cty.NilVal || a != cty.NilVal && b != cty.NilVal && a.RawEquals(b)
	}),
}

// wholePlan returns a plan with every action and a secret in every place, with its
// configuration and its world.
func wholePlan(t *testing.T) (*plan.Plan, []spec.Message, *world) {
	w := newWorld()
	index := func(v cty.Value) func(*spec.Message) { return func(m *spec.Message) { m.Index = v } }
	w.run(t, w.plan(
		message("update", "hunter2-old", secret), message("delete", "hunter2-deleted", secret), message("forget", "1", forget),
		message("leaf", `{"x":"hunter2-leaf-old","y":1}`, hiddenLeaf("/x")), message("late", "hunter2-late"),
	))
	put("import", "hunter2-import")(w)
	put("update", "hunter2-drift")(w)
	desired := []spec.Message{
		message("update", "hunter2-new", secret, index(cty.StringVal("k"))), message("create", "2", index(cty.NumberIntVal(3))),
		message("import", "hunter2-import", secret), message("leaf", `{"x":"hunter2-leaf-new","y":2}`, hiddenLeaf("/x")),
		message("late", "hunter2-later", secret),
	}
	p := w.plan(desired...)
	p.Variables = []spec.Variable{
		{Name: "password", Value: cty.StringVal("hunter2-variable"), Sensitive: true},
		{Name: "site", Value: cty.ObjectVal(map[string]cty.Value{"n": cty.NumberIntVal(1), "l": cty.ListValEmpty(cty.Bool)})},
	}
	return p, desired, w
}

func TestFileHoldsNoSecrets(t *testing.T) {
	p, desired, w := wholePlan(t)
	data := save(t, p)
	for _, secret := range []string{"hunter2", hex.EncodeToString([]byte("hunter2")), base64.StdEncoding.EncodeToString([]byte("hunter2"))[:8]} {
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("the file holds %q", secret)
		}
	}
	if n := len(p.Changes); n != 7 {
		t.Fatalf("%d changes: %s", n, describe(p))
	}
	loaded := saved(t, p)
	for i := range loaded.Changes { // before Resolve, no secret can be published by mistake
		c := &loaded.Changes[i]
		if m, ok := c.Publish(); ok && c.Action != plan.Delete && !c.Redaction.None() && len(m.Payload) > 0 {
			t.Errorf("%s can be published before its secrets are resolved", c.Key.Topic)
		}
	}
	if err := loaded.Resolve(desired, w.prior.DigestKey); err != nil {
		t.Fatal(err)
	}
	w.run(t, loaded)
	quiet(t, w.plan(desired...))
	if got := string(w.live["leaf"].Payload); got != `{"x":"hunter2-leaf-new","y":2}` {
		t.Errorf("published %s", got)
	}
	wantEqual(t, loaded.Variables[0].Value == cty.NilVal, true)
	wantEqual(t, loaded.Variables[1].Value.RawEquals(p.Variables[1].Value), true)
}

func TestResolveRefuses(t *testing.T) {
	p, desired, w := wholePlan(t)
	other := append([]spec.Message{}, desired...)
	other[0] = message("update", "hunter2-other", secret)
	other = append(other[:3], other[4:]...)
	err := saved(t, p).Resolve(other, w.prior.DigestKey)
	var refused *plan.ResolveError
	if !errors.As(err, &refused) {
		t.Fatalf("resolved although a secret differs: %v", err)
	}
	for _, want := range []string{"message.update (update): its sensitive value in the configuration is not", "message.leaf (leaf): it is no longer declared"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error holds a secret: %v", err)
	}
}

// TestFirstApply plans without a digest key, which the first apply makes.
func TestFirstApply(t *testing.T) {
	w := newWorld()
	w.prior = nil
	put("b", "hunter2")(w)
	desired := []spec.Message{message("a", "hunter2", secret), message("b", "hunter2", secret)}
	p := saved(t, w.plan(desired...))
	if err := p.Resolve(desired, nil); err != nil {
		t.Fatal(err)
	}
	w.run(t, p)
	want := state.Seal(desired[0].Message, desired[0].Redaction, key32)
	if got := w.prior.Records[stateKey("a")].Sealed; got.Digest != want.Digest || got.Secrets["payload"] == "" {
		t.Errorf("the first record is not sealed with the state's key: %+v", got)
	}
	quiet(t, w.plan(desired...))
}

func TestLoadErrors(t *testing.T) {
	p, _, _ := wholePlan(t)
	data := save(t, p)
	for name, test := range map[string]struct {
		data []byte
		want error
	}{
		"empty":   {nil, plan.ErrDamaged},
		"foreign": {[]byte("{\"format_version\":\"1.0\"}\n"), plan.ErrForeign},
		"newer":   {bytes.Replace(data, []byte("plan 1 "), []byte("plan 2 "), 1), plan.ErrNewer},
		"longer":  {append(bytes.Clone(data), '\n'), plan.ErrDamaged},
		"unknown": {plan.WithChecksum([]byte(`{"Changes":[],"Afterwards":"delete"}`)), plan.ErrDamaged},
		"two":     {plan.WithChecksum([]byte(`{"Changes":[]}{"Changes":[]}`)), plan.ErrDamaged},
	} {
		if _, err := plan.Load(bytes.NewReader(test.data)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// TestGoldenFile checks that a plan file of format 1 still loads as the plan that was saved.
// The file must never be written again: a change that it cannot represent is format 2.
func TestGoldenFile(t *testing.T) {
	data, err := os.ReadFile("testdata/v1.plan")
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Load(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	_, desired, w := wholePlan(t)
	if err := p.Resolve(desired, w.prior.DigestKey); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, p.Token(), "f1dc360ae2b009cf67e78b779c1eb24d")
	wantEqual(t, p.Counts(), plan.Counts{Import: 1, Create: 1, Update: 3, Delete: 1, Forget: 1})
	wantEqual(t, p.Variables[1].Value.GetAttr("n").RawEquals(cty.NumberIntVal(1)), true)
	w.run(t, p)
	quiet(t, w.plan(desired...))
}

// TestFileHoldsAPayloadOnce checks that a payload is in a file once, although the plan shows,
// records and publishes it.
func TestFileHoldsAPayloadOnce(t *testing.T) {
	w := newWorld()
	p := w.plan(message("a", strings.Repeat("x", 30_000)))
	if size := len(save(t, p)); size > 45_000 {
		t.Errorf("the file has %d bytes, for a payload of 30,000 in base64", size)
	}
	w.run(t, saved(t, p))
	quiet(t, w.plan(message("a", strings.Repeat("x", 30_000))))
}

func TestLoadDamaged(t *testing.T) {
	w := newWorld()
	data := save(t, w.plan(message("a", "1"), message("b", "2", secret)))
	for n := range data {
		if _, err := plan.Load(bytes.NewReader(data[:n])); err == nil {
			t.Fatalf("truncated to %d bytes it still loads", n)
		}
		flipped := bytes.Clone(data)
		for bit := range 8 {
			flipped[n] = data[n] ^ 1<<bit
			if _, err := plan.Load(bytes.NewReader(flipped)); err == nil {
				t.Fatalf("with bit %d of byte %d flipped it still loads", bit, n)
			}
		}
	}
}

func TestStale(t *testing.T) {
	w := newWorld()
	p := w.plan(message("a", "1"))
	if err := p.Stale(w.prior); err != nil {
		t.Error(err)
	}
	moved, other := w.prior.Clone(), w.prior.Clone()
	moved.Serial++
	other.Lineage = "other"
	for name, s := range map[string]*state.Snapshot{"serial": moved, "lineage": other, "no state": nil} {
		if err := p.Stale(s); !errors.Is(err, plan.ErrStale) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.prior = nil
	if err := w.plan(message("a", "1")).Stale(nil); err != nil {
		t.Error(err)
	}
}

func FuzzLoad(f *testing.F) {
	w := newWorld()
	body := save(f, w.plan(message("a", "1"), message("b", "2", secret)))
	_, document, _ := bytes.Cut(body, []byte("\n"))
	f.Add(body)
	f.Add(document)
	f.Add([]byte(`{"Changes":[{"Action":"~","Before":null}]}`))
	f.Add([]byte(`{"Changes":[{"Action":"+","Index":{"Type":"\"string\"","Value":"1"}}],"Variables":[{"Value":{}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		plan.Load(bytes.NewReader(data))
		p, err := plan.Load(bytes.NewReader(plan.WithChecksum(data))) // past the checksum, nothing may panic
		if err != nil {
			return
		}
		p.Token()
		p.Counts()
		p.Resolve([]spec.Message{message("a", "1")}, key32)
		for i := range p.Changes {
			c := &p.Changes[i]
			c.MatchesBefore(mqtt.Retained{}, true, w.comparer())
			c.MatchesAfter(mqtt.Retained{}, true, w.comparer())
		}
	})
}
