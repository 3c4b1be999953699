package apply_test

import (
	"testing"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// TestIgnoredIsReadJustBeforeThePublish lets a device write its part after the plan, which is
// fresh, and between the publish and the read-back. What it wrote is sent along and recorded.
func TestIgnoredIsReadJustBeforeThePublish(t *testing.T) {
	desired := func(payload string) []spec.Message {
		d := declare("a", payload)
		d.IgnoreLeaves = []string{"/seen"}
		return []spec.Message{d, declare("b", payload)}
	}
	w := &world{t: t, broker: newFake()}
	report := func(payload string) {
		w.broker.live["a"] = mqtt.Message{Topic: "a", Payload: []byte(payload), QoS: 1}
	}
	w.apply(t.Context(), w.plan(desired(`{"x":1,"seen":0}`)))
	p := w.plan(desired(`{"x":2,"seen":0}`))
	report(`{"x":1, "seen":7}`)
	must(t, w.apply(t.Context(), p), map[string]apply.Outcome{"a": apply.Done, "b": apply.Done})
	const want = `{"x":2,"seen":7}`
	if got := string(w.broker.live["a"].Payload); got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	for key, r := range w.state.Records {
		if got := string(r.Payload); key.Topic == "a" && got != want {
			t.Errorf("recorded %s, want %s", got, want)
		}
	}

	p = w.plan(desired(`{"x":3,"seen":0}`))
	w.broker.onRead = func() {
		if w.broker.live["a"].Diff(mqtt.Message{Payload: []byte(`{"x":3,"seen":7}`), QoS: 1}) == 0 {
			report(`{"seen":8, "x":3}`)
		}
	}
	must(t, w.apply(t.Context(), p), map[string]apply.Outcome{"a": apply.Done, "b": apply.Done})

	p = w.plan(desired(`{"x":4,"seen":0}`))
	report(`{"x":5,"seen":8}`)
	must(t, w.apply(t.Context(), p), map[string]apply.Outcome{"a": apply.Conflicted, "b": apply.Done})
}

// TestOthersAreNotReadAgain checks that a fresh plan without ignored parts is published without
// another read.
func TestOthersAreNotReadAgain(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true}
	p := w.plan([]spec.Message{declare("a", "1"), declare("b", "1")})
	before := w.broker.reads
	w.apply(t.Context(), p)
	if w.broker.reads != before {
		t.Errorf("%d reads", w.broker.reads-before)
	}
}
