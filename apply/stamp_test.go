package apply_test

import (
	"context"
	"testing"
	"time"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// clocked is a broker that reports when it stored a message.
type clocked struct {
	*fake
	times map[string]time.Time
}

func (c clocked) Modified(context.Context) map[string]time.Time { return c.times }

func TestTheBrokersTimesAreRecorded(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 42e6, time.UTC)
	w := &world{t: t, broker: newFake(mqtt.Message{Topic: "old", Payload: []byte("x"), QoS: 1}), proves: true}
	w.broker.refuse["refused"] = true
	desired := []spec.Message{declare("a", "1"), declare("b", "1"), declare("refused", "1")}
	target := clocked{w.broker, map[string]time.Time{"a": at, "refused": at, "unknown": at}}
	report, err := apply.Run(t.Context(), w.plan(desired), nil, apply.Options{
		To:       map[state.Identity]apply.Destination{id: {Target: target, Capabilities: w.capabilities()}},
		Observed: time.Now(),
		Save:     func(context.Context, *state.Snapshot) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]time.Time{}
	for key, rec := range report.State.Records {
		got[key.Topic] = rec.Modified
	}
	if len(got) != 2 || !got["a"].Equal(at) || !got["b"].IsZero() {
		t.Errorf("recorded %v", got)
	}
}
