package apply_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

// answering makes somebody else publish to the topics immediately after every publish there.
func answering(f *fake, topics ...string) {
	for _, topic := range topics {
		f.drop[topic] = true
	}
	f.onSend = func(topic string) {
		if slices.Contains(topics, topic) {
			f.live[topic] = mqtt.Message{Topic: topic, Payload: []byte("theirs"), QoS: 1}
		}
	}
}

func numbered(n int) (desired []spec.Message) {
	for i := range n {
		desired = append(desired, declare(fmt.Sprintf("t%02d", i), "1"))
	}
	return desired
}

// TestSomebodyElseOnTheCanary checks that a canary that somebody else replaces does not stop an
// apply, and that three of them do: then perhaps this user may not publish.
func TestSomebodyElseOnTheCanary(t *testing.T) {
	for theirs, sent := range map[int]int{1: 50, 2: 50, 3: 3, 50: 3} {
		w := &world{t: t, broker: newFake()}
		var topics []string
		for i := range theirs {
			topics = append(topics, fmt.Sprintf("t%02d", i))
		}
		answering(w.broker, topics...)
		r := w.apply(t.Context(), w.plan(numbered(50)))
		if len(w.broker.sent) != sent {
			t.Errorf("%d topics of somebody else: %d messages were sent, want %d", theirs, len(w.broker.sent), sent)
		}
		if got := r.Results[0]; got.Outcome != apply.Failed || !strings.Contains(got.Err.Error(), "somebody else publishes to the topic") {
			t.Errorf("the canary ended as %v: %v", got.Outcome, got.Err)
		}
		if last := r.Results[49]; sent == 3 && !strings.Contains(last.Err.Error(), "somebody else publishes there too") {
			t.Errorf("the last change was skipped because %v", last.Err)
		}
	}
}

// TestWhatSomebodyElseReplacedIsNotPending checks that the next plan says what it finds: no apply
// was interrupted, so there is nothing to settle.
func TestWhatSomebodyElseReplacedIsNotPending(t *testing.T) {
	recorded := []spec.Message{declare("a", "1"), declare("b", "1"), declare("d", "1")}
	changed := []spec.Message{declare("a", "2"), declare("b", "1"), declare("c", "1")}
	w := &world{t: t, broker: newFake()}
	w.apply(t.Context(), w.plan(recorded))
	answering(w.broker, "a", "c", "d")
	r := w.apply(t.Context(), w.plan(changed))
	must(t, r, map[string]apply.Outcome{"a": apply.Failed, "c": apply.Failed, "d": apply.Failed})
	if len(w.state.Pending) != 0 {
		t.Errorf("pending: %v", w.state.Pending)
	}
	w.broker.onSend, w.broker.drop = nil, map[string]bool{}
	p := w.plan(changed)
	got := map[string][]plan.Reason{}
	for _, c := range p.Changes {
		got[string(c.Action)+c.Key.Topic] = c.Reasons
	}
	want := map[string][]plan.Reason{
		"~a": {plan.Config, plan.Drift}, "~c": {plan.Unmanaged}, "-d": {plan.Undeclared},
	}
	for topic, reasons := range want {
		if !slices.Equal(got[topic], reasons) {
			t.Errorf("planned %v, want %v", got, want)
		}
	}
	must(t, w.apply(t.Context(), p), map[string]apply.Outcome{"a": apply.Done, "c": apply.Done, "d": apply.Done})
}
