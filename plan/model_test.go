package plan_test

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/payload"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

// drawDeclared draws a configuration over a few topics, so that the declared, recorded and
// live ones overlap in every way.
func drawDeclared(t *rapid.T, label string) []spec.Message {
	var found []spec.Message
	for _, topic := range []string{"a", "b", "c/d", "e"} {
		if rapid.Bool().Draw(t, label+" "+topic) {
			found = append(found, drawMessage(t, label, topic))
		}
	}
	return found
}

func drawMessage(t *rapid.T, label, topic string) spec.Message {
	m := message(topic, drawPayload(t, label))
	draw := func(what string) bool { return rapid.IntRange(0, 3).Draw(t, label+" "+topic+" "+what) == 0 }
	m.QoS = mqtt.QoS(rapid.IntRange(0, 2).Draw(t, "qos"))
	if draw("content type") {
		m.ContentType = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "type")
	}
	if draw("properties") {
		properties("k", rapid.SampledFrom([]string{"1", "2"}).Draw(t, "value"), "l", "2")(&m)
		m.OrderedProperties = draw("ordered")
	}
	if draw("expiry") {
		m.Expiry = uint32(rapid.IntRange(50, 100).Draw(t, "expiry"))
		m.RenewBefore = time.Duration(rapid.IntRange(0, 40).Draw(t, "renew")) * time.Second
	}
	if draw("forget") {
		m.OnDestroy = "forget"
	}
	if draw("secret") {
		m.Redaction.Fields = mqtt.FieldPayload | mqtt.FieldContentType
	}
	if draw("secret leaf") {
		m.Redaction.Leaves = []string{"/x"}
	}
	if draw("ignored") {
		m.IgnoreLeaves = rapid.SampledFrom([][]string{{"/seen"}, {"/*"}, {"/deep/*/sw", "/seen"}}).Draw(t, "paths")
	}
	if draw("ignored field") {
		m.IgnoreFields = rapid.SampledFrom([]mqtt.Fields{mqtt.FieldContentType, mqtt.FieldUserProperties}).Draw(t, "field")
	}
	m.CompareBytes = draw("bytes")
	m.Address += rapid.SampledFrom([]string{"", "[0]"}).Draw(t, "address")
	return m
}

func drawPayload(t *rapid.T, label string) string {
	return rapid.SampledFrom([]string{"1", "2", `{"x":1,"seen":0}`, `{"x":1.0, "seen":0}`, `{"x":1,"seen":5}`, `{"x":2}`, `{"x":1,"deep":{"a":{"sw":1}}}`}).Draw(t, label+" payload")
}

func drawWorld(t *rapid.T) *world {
	w := newWorld()
	if rapid.Bool().Draw(t, "like AWS") {
		likeAWS(w)
	}
	return w
}

// meddle deletes and overwrites messages, as somebody else would.
func meddle(t *rapid.T, w *world) {
	for _, topic := range []string{"a", "b", "c/d", "e", "z"} {
		switch rapid.IntRange(0, 3).Draw(t, "meddle "+topic) {
		case 0:
			delete(w.live, topic)
		case 1:
			w.live[topic] = drawMessage(t, "foreign", topic).Message
		}
	}
}

func (w *world) force(desired []spec.Message) *plan.Plan {
	in := w.input(desired...)
	in.OverwriteUnmanaged = true
	return in.plan()
}

// TestModel checks the main invariants: after an apply the next plan has no changes, every
// declared message is live, and no untracked message was changed.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.run(t, w.force(drawDeclared(t, "before")))
		meddle(t, w)
		before := w.clone()
		desired := drawDeclared(t, "after")
		p := w.force(desired)
		if len(p.Blocked(true)) > 0 {
			t.Fatalf("refused: %s", describe(p))
		}
		w.run(t, p)
		quiet(t, ignoringEmpty(w.force(desired)))
		if !w.needsRefresh(desired) {
			quiet(t, ignoringEmpty(w.offline(desired...)))
		}
		converged(t, before, w, desired)
	})
}

// needsRefresh reports whether the digests of hidden parts are not enough for a plan without
// a refresh: they do not show whether only the spelling differs, or the value of
// what is ignored within them, or was.
func (w *world) needsRefresh(desired []spec.Message) bool {
	for _, d := range desired {
		rec := w.prior.Records[stateKey(d.Topic)]
		hide := rec.Redaction
		live := w.live[d.Topic].Payload
		if hide.Covers()&(d.IgnoreFields|rec.Ignored.Fields) != 0 || hide.Covers().Has(mqtt.FieldPayload) && (len(d.IgnoreLeaves) > 0 || len(rec.Ignored.Leaves) > 0 || !bytes.Equal(live, d.Payload) && payload.Equal(live, d.Payload)) {
			return true
		}
	}
	return false
}

// ignoringEmpty removes the refusal of an empty configuration.
func ignoringEmpty(p *plan.Plan) *plan.Plan {
	if len(p.Refusals) == 1 && p.Refusals[0].Kind == plan.RefuseEmpty {
		p.Refusals = nil
	}
	return p
}

// converged checks the broker after an apply.
func converged(t *rapid.T, before, after *world, desired []spec.Message) {
	declared := map[string]bool{}
	for _, d := range desired {
		declared[d.Topic] = true
		live, there := after.live[d.Topic]
		if !there {
			t.Fatalf("%s is declared and not live", d.Topic)
		}
		if !d.Ignored().None() {
			continue
		}
		diff := live.Diff(d.Message) & after.readable &^ (mqtt.FieldQoS | mqtt.FieldExpiry)
		if !d.CompareBytes && payload.Equal(live.Payload, d.Payload) {
			diff &^= mqtt.FieldPayload
		}
		if diff != 0 && (diff != mqtt.FieldUserProperties || d.OrderedProperties) {
			t.Fatalf("%s is live with a different %v", d.Topic, diff.Names())
		}
	}
	for topic, m := range before.live {
		_, recorded := before.prior.Records[stateKey(topic)]
		if got, there := after.live[topic]; !declared[topic] && !recorded && (!there || got.Diff(m) != 0) {
			t.Fatalf("%s is untracked, but was changed", topic)
		}
	}
	for k := range after.prior.Records {
		if !declared[k.Topic] {
			t.Fatalf("%s is recorded and not declared", k.Topic)
		}
	}
	if len(after.prior.Pending) > 0 {
		t.Fatalf("pending entries are left: %v", after.prior.Pending)
	}
}

// cutOff begins a plan as apply does and stops at any point.
func (w *world) cutOff(t *rapid.T, p *plan.Plan) {
	w.begin(p)
	published := rapid.IntRange(0, len(p.Changes)).Draw(t, "published")
	recorded := rapid.IntRange(0, published).Draw(t, "recorded")
	for i := range published {
		w.publish(&p.Changes[i])
		if i < recorded {
			w.record(&p.Changes[i])
		}
	}
}

// TestInterrupted interrupts an apply at every point, changes the configuration or not, and
// checks that the next apply has the same result as an uninterrupted one.
func TestInterrupted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.run(t, w.force(drawDeclared(t, "before")))
		if rapid.Bool().Draw(t, "meddle") {
			meddle(t, w)
		}
		before := w.clone()
		first := w.force(drawDeclared(t, "first"))
		w.cutOff(t, first)
		desired := drawDeclared(t, "second")
		p := w.plan(desired...)
		if len(w.prior.Pending) > 0 {
			for _, r := range p.Refusals {
				if r.Kind == plan.RefuseConflict {
					t.Fatalf("the publishes of the interrupted apply are a conflict: %s", describe(p))
				}
			}
		}
		w.run(t, w.force(desired))
		quiet(t, ignoringEmpty(w.force(desired)))
		onlyOwn(t, before, w, first, desired)
	})
}

// onlyOwn checks that an interrupted apply and its successor change no untracked message, and
// leave none behind that they published.
func onlyOwn(t *rapid.T, before, after *world, first *plan.Plan, desired []spec.Message) {
	declared := map[string]bool{}
	for _, d := range desired {
		declared[d.Topic] = true
	}
	planned, published := map[string]bool{}, map[string]bool{}
	for i := range first.Changes {
		_, yes := first.Changes[i].Publish()
		planned[first.Changes[i].Key.Topic], published[first.Changes[i].Key.Topic] = true, yes
	}
	for topic, m := range before.live {
		_, recorded := before.prior.Records[stateKey(topic)]
		if got, there := after.live[topic]; !declared[topic] && !recorded && !planned[topic] && (!there || got.Diff(m) != 0) {
			t.Fatalf("%s is untracked, but was changed", topic)
		}
	}
	for topic, m := range after.live {
		was, there := before.live[topic]
		// An untracked message that equals the one that was to replace it stays untracked.
		alike := there && was.Diff(m)&before.readable&^mqtt.FieldExpiry == 0 && (was.Expiry > 0) == (m.Expiry > 0)
		if published[topic] && !declared[topic] && !alike && !forgets(before, first, topic) {
			t.Fatalf("%s was published by the interrupted apply and is left behind", topic)
		}
	}
}

// forgets reports whether a record of the topic, before or after, is forgotten when its
// declaration is gone.
func forgets(before *world, first *plan.Plan, topic string) bool {
	if before.prior.Records[stateKey(topic)].OnDestroy == "forget" {
		return true
	}
	for i := range first.Changes {
		if r := first.Changes[i].Record(); r != nil && first.Changes[i].Key.Topic == topic {
			return r.OnDestroy == "forget"
		}
	}
	return false
}
