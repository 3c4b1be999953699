package apply_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

func options(w *world) apply.Options {
	return apply.Options{
		To:       map[state.Identity]apply.Destination{id: {Target: w.broker, Capabilities: w.capabilities()}},
		Observed: time.Now(),
		Save:     func(context.Context, *state.Snapshot) error { w.saves++; return nil },
	}
}

func TestWhatIsReplacedIsBackedUpBeforeTheFirstPublish(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true}
	secret := declare("s", "1")
	secret.Redaction.Fields = mqtt.FieldPayload
	w.apply(t.Context(), w.plan([]spec.Message{declare("a", "1"), declare("b", "1"), declare("c", "1"), secret}))
	w.broker.sent, w.saves = nil, 0
	secret.Payload = []byte("2")
	p := w.plan([]spec.Message{declare("a", "2"), declare("c", "1"), declare("new", "1"), secret})
	o := options(w)
	kept := map[string]string{}
	o.Backup = func(b *state.Backup) error {
		if len(w.broker.sent)+w.saves > 0 {
			t.Error("something was published or saved before the backup")
		}
		for key, r := range b.Records {
			kept[key.Topic] = string(r.Payload)
		}
		if b.LeftOut != 1 || b.Brokers[id].Name != "b" || b.Lineage != w.state.Lineage {
			t.Errorf("the backup is %+v", b)
		}
		return nil
	}
	if _, err := apply.Run(t.Context(), p, w.state, o); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string{"a": "1", "b": "1"}, kept); d != "" {
		t.Errorf("backed up (-want +got):\n%s", d)
	}
}

func TestNothingIsPublishedIfTheBackupFails(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true}
	w.apply(t.Context(), w.plan([]spec.Message{declare("a", "1")}))
	p := w.plan([]spec.Message{declare("a", "2"), declare("b", "1")})
	w.broker.sent, w.saves = nil, 0
	full, o := errors.New("no space left on device"), options(w)
	o.Backup = func(*state.Backup) error { return full }
	if _, err := apply.Run(t.Context(), p, w.state, o); !errors.Is(err, full) || len(w.broker.sent)+w.saves > 0 {
		t.Errorf("error %v, sent %v, saved %d times", err, w.broker.sent, w.saves)
	}
}

func TestNoBackupIfNothingIsReplaced(t *testing.T) {
	w := &world{t: t, broker: newFake(declare("b", "1").Message), proves: true}
	o := options(w)
	o.Backup = func(b *state.Backup) error { t.Errorf("a backup of nothing: %+v", b); return nil }
	if _, err := apply.Run(t.Context(), w.plan([]spec.Message{declare("a", "1"), declare("b", "1")}), nil, o); err != nil {
		t.Fatal(err)
	}
}

// TestRefreshOnlyNeedsNoTarget checks that a plan which only accepts what is live is recorded
// without a target.
func TestRefreshOnlyNeedsNoTarget(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true}
	w.apply(t.Context(), w.plan([]spec.Message{declare("a", "1"), declare("b", "1"), declare("c", "1")}))
	w.broker.live["a"] = declare("a", "theirs").Message
	delete(w.broker.live, "b")
	b := plan.Broker{Name: "b", Type: "fake", Identity: id, Capabilities: w.capabilities()}
	in := plan.Input{Prior: w.state, Refreshed: true, Mode: plan.RefreshOnly, Brokers: []plan.Broker{b}}
	o := options(w)
	o.To = map[state.Identity]apply.Destination{id: {}}
	r, err := apply.Run(t.Context(), w.finish(plan.Begin(in)), w.state, o)
	if err != nil || r.SaveErr != nil || r.Published() {
		t.Fatal(err, r.SaveErr)
	}
	if d := cmp.Diff([]string{"a", "c"}, recorded(r.State)); d != "" || string(r.State.Records[state.Key{Broker: id, Topic: "a"}].Payload) != "theirs" {
		t.Errorf("records (-want +got):\n%s", d)
	}
}

// TestOnlyAFreshObservationIsPublishedOn moves the clocks between plan and publish: the plan saw no
// message, and now there is one.
func TestOnlyAFreshObservationIsPublishedOn(t *testing.T) {
	start := time.Now() // with the monotonic clock's reading
	wall := start.Round(0)
	for name, test := range map[string]struct {
		observed, now time.Time
		want          apply.Outcome
	}{
		"at once":                              {start, start.Add(time.Second), apply.Done},
		"later":                                {start, start.Add(11 * time.Second), apply.Conflicted},
		"never observed":                       {time.Time{}, start, apply.Conflicted},
		"the wall clock moved on, as in sleep": {wall, wall.Add(time.Hour), apply.Conflicted},
		"the wall clock went back":             {wall, wall.Add(-time.Hour), apply.Conflicted},
	} {
		w := &world{t: t, broker: newFake()}
		p := w.plan([]spec.Message{declare("a", "1")})
		w.broker.live["a"] = declare("a", "theirs").Message
		o := options(w)
		o.Observed, o.Now = test.observed, func() time.Time { return test.now }
		r, err := apply.Run(t.Context(), p, nil, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := outcomes(r)["a"]; got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
