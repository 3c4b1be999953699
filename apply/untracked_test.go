package apply_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// TestUntracked deletes the untracked messages that an exclusive block matches. One that somebody
// else deleted meanwhile is done, one that somebody replaced is a conflict. A recorded message that
// is gone is a conflict too, because losing the right to read looks the same.
func TestUntracked(t *testing.T) {
	untracked := func(topic, payload string) mqtt.Message {
		return mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: 1}
	}
	w := &world{t: t, broker: newFake(untracked("x/a", "1"), untracked("x/b", "1"), untracked("x/c", "1")), proves: true, stale: true}
	w.exclusive = []spec.Exclusive{{FilterBlock: spec.FilterBlock{Address: "exclusive.x", Broker: "b", Filter: "x/#"}}}
	w.apply(t.Context(), w.plan([]spec.Message{declare("recorded", "1")}))
	for _, topic := range []string{"x/a", "x/b", "x/c"} {
		if _, live := w.broker.live[topic]; live {
			t.Errorf("%s is still live", topic)
		}
	}
	w.broker.live["x/a"], w.broker.live["x/b"], w.broker.live["x/c"] = untracked("x/a", "1"), untracked("x/b", "1"), untracked("x/c", "1")
	p := w.plan(nil)
	delete(w.broker.live, "x/a")
	delete(w.broker.live, "recorded")
	w.broker.live["x/b"] = untracked("x/b", "2")
	must(t, w.apply(t.Context(), p), map[string]apply.Outcome{
		"x/a": apply.Done, "x/b": apply.Conflicted, "x/c": apply.Done, "recorded": apply.Conflicted,
	})
	if len(w.state.Pending) > 0 {
		t.Errorf("pending: %v", w.state.Pending)
	}
}

// TestAnExpiredMessageIsNotAConflict checks that a message may expire between plan and publish: its
// update is published, and its delete counts as done.
func TestAnExpiredMessageIsNotAConflict(t *testing.T) {
	expiring := func(topic, payload string, seconds uint32) spec.Message {
		m := declare(topic, payload)
		m.Expiry = seconds
		return m
	}
	w := &world{t: t, broker: newFake(), proves: true}
	w.apply(t.Context(), w.plan([]spec.Message{expiring("update", "1", 60), expiring("delete", "1", 60), expiring("early", "1", 7200), declare("forever", "1")}))
	p := w.plan([]spec.Message{expiring("update", "2", 60), expiring("early", "2", 7200), declare("forever", "2")})
	clear(w.broker.live)
	w.broker.sent = nil
	o := options(w)
	o.Now = func() time.Time { return time.Now().Add(time.Hour) }
	r, err := apply.Run(t.Context(), p, w.state, o)
	if err != nil {
		t.Fatal(err)
	}
	must(t, r, map[string]apply.Outcome{"update": apply.Done, "delete": apply.Done, "early": apply.Conflicted, "forever": apply.Conflicted})
	if d := cmp.Diff([]string{"update"}, w.broker.sent); d != "" {
		t.Errorf("sent (-want +got):\n%s", d)
	}
}
