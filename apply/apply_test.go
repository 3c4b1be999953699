package apply_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/mqtttest"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

const id state.Identity = "fake:1"

var errRefused = errors.New("refused")

// fake is a broker in a map that fails in the ways in which real ones do.
type fake struct {
	live   mqtttest.Retained
	sent   []string        // topics in the order of their publishes
	refuse map[string]bool // answers with an error
	keep   map[string]bool // stores what it refuses, as if the answer was lost
	drop   map[string]bool // acknowledges and does not store
	unread map[string]bool
	broken error // of every Read
	reads  int
	onSend func(topic string)
	onRead func()
}

func newFake(live ...mqtt.Message) *fake {
	return &fake{
		live:   mqtttest.NewRetained(live...),
		refuse: map[string]bool{}, keep: map[string]bool{}, drop: map[string]bool{}, unread: map[string]bool{},
	}
}

func (f *fake) Read(_ context.Context, topics []string) (mqtt.Observation, error) {
	if f.reads++; f.broken != nil {
		return mqtt.Observation{}, f.broken
	}
	if f.onRead != nil {
		f.onRead()
	}
	seen := f.live.Read(slices.Values(topics), mqtt.AllFields)
	for _, topic := range topics {
		if f.unread[topic] {
			delete(seen.Live, topic)
			seen.Unread[topic] = errors.New("timed out")
		}
	}
	return seen, nil
}

func (f *fake) Publish(ctx context.Context, batch []mqtt.Message, done func(int, error)) {
	for i, m := range batch {
		if ctx.Err() != nil {
			done(i, ctx.Err())
			continue
		}
		if f.onSend != nil {
			f.onSend(m.Topic)
		}
		f.sent = append(f.sent, m.Topic)
		switch {
		case f.refuse[m.Topic]:
			if f.keep[m.Topic] {
				f.live.Publish(m)
			}
			done(i, errRefused)
			continue
		case !f.drop[m.Topic]:
			f.live.Publish(m)
		}
		done(i, nil)
	}
}

// world is a configuration, its state and its broker.
type world struct {
	t interface {
		Helper()
		Fatal(...any)
	}
	broker  *fake
	state   *state.Snapshot
	saves   int
	saveErr func(n int) error
	proves  bool
	stale   bool // every batch is read again

	hidden    mqtt.Fields // what the broker does not show
	exclusive []spec.Exclusive
	saved     []*state.Snapshot
}

func (w *world) capabilities() mqtt.Capabilities {
	return mqtt.Capabilities{Readable: mqtt.AllFields &^ w.hidden, AckProvesStorage: w.proves}
}

func (w *world) plan(desired []spec.Message) *plan.Plan {
	b := plan.Broker{Name: "b", Type: "fake", Identity: id, Capabilities: w.capabilities()}
	in := plan.Input{
		Desired: desired, Prior: w.state, Refreshed: true,
		MaxDeletes: &spec.Threshold{Number: 100, Percent: true}, OverwriteUnmanaged: true,
		Exclusive: w.exclusive,
	}
	in.Brokers = []plan.Broker{b}
	return w.finish(plan.Begin(in))
}

// finish reads what a plan needs and makes it.
func (w *world) finish(begun *plan.Begun) *plan.Plan {
	topics := begun.Readings()[0].Topics
	if len(w.exclusive) > 0 {
		topics = slices.Collect(maps.Keys(w.broker.live))
	}
	seen, _ := w.broker.Read(context.Background(), topics)
	return begun.Finish(map[state.Identity]plan.Observation{id: {Observation: seen}}, time.Now())
}

func (w *world) apply(ctx context.Context, p *plan.Plan) *apply.Report {
	w.t.Helper()
	observed := time.Now()
	if w.stale {
		observed = time.Time{}
	}
	report, err := apply.Run(ctx, p, w.state, apply.Options{
		To:       map[state.Identity]apply.Destination{id: {Target: w.broker, Capabilities: w.capabilities()}},
		Observed: observed,
		Save: func(_ context.Context, s *state.Snapshot) error {
			w.saves++
			if w.saveErr != nil {
				if err := w.saveErr(w.saves); err != nil {
					return err
				}
			}
			s.Serial++
			w.state = s.Clone()
			w.saved = append(w.saved, w.state)
			return nil
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

func declare(topic, payload string, dependsOn ...string) spec.Message {
	return spec.Message{
		Message: mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: 1},
		Address: "message." + topic, Name: topic, Index: cty.NilVal, Broker: "b",
		OnDestroy: "delete", DependsOn: dependsOn,
	}
}

// outcomes returns how each topic of a report ended.
func outcomes(r *apply.Report) map[string]apply.Outcome {
	all := map[string]apply.Outcome{}
	for _, res := range r.Results {
		all[res.Change.Key.Topic] = res.Outcome
	}
	return all
}

// must fails the test unless the outcomes are the wanted ones.
func must(t *testing.T, r *apply.Report, want map[string]apply.Outcome) {
	t.Helper()
	if d := cmp.Diff(want, outcomes(r)); d != "" {
		t.Errorf("outcomes (-want +got):\n%s", d)
	}
}

func recorded(s *state.Snapshot) []string {
	var topics []string
	for key := range s.Records {
		topics = append(topics, key.Topic)
	}
	slices.Sort(topics)
	return topics
}

func TestCreatesComeBeforeDeletesAndDependenciesFirst(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true}
	w.apply(t.Context(), w.plan([]spec.Message{declare("old", "1"), declare("older", "1", "message.old")}))
	w.broker.sent = nil
	w.apply(t.Context(), w.plan([]spec.Message{declare("a", "1", "message.b"), declare("b", "1", "message.c"), declare("c", "1")}))
	want := []string{"c", "b", "a", "older", "old"}
	if d := cmp.Diff(want, w.broker.sent); d != "" {
		t.Errorf("order (-want +got):\n%s", d)
	}
}

// inModule returns a message of an instance of the module m.
func inModule(key, topic string, needs ...string) spec.Message {
	m := declare(topic, "1", needs...)
	m.Address = fmt.Sprintf("module.m[%q].message.%s", key, m.Name)
	return m
}

func TestDependenciesOnModules(t *testing.T) {
	desired := []spec.Message{
		declare("after", "1", "module.m"), declare("before", "1"), declare("of-block", "1", "module.m.message.x"),
		inModule("k", "x", "message.before"), inModule("l", "y", "message.before", "module.m.message.x"),
	}
	w := &world{t: t, broker: newFake(), proves: true}
	w.apply(t.Context(), w.plan(desired))
	if d := cmp.Diff([]string{"before", "x", "of-block", "y", "after"}, w.broker.sent); d != "" {
		t.Errorf("order of creates (-want +got):\n%s", d)
	}
	w.broker.sent = nil
	w.apply(t.Context(), w.plan([]spec.Message{declare("other", "1")}))
	if d := cmp.Diff([]string{"other", "after", "of-block", "y", "x", "before"}, w.broker.sent); d != "" {
		t.Errorf("order of deletes (-want +got):\n%s", d)
	}

	w = &world{t: t, broker: newFake(), proves: true}
	w.broker.refuse["y"] = true
	r := w.apply(t.Context(), w.plan(desired))
	must(t, r, map[string]apply.Outcome{"before": apply.Done, "x": apply.Done, "of-block": apply.Done, "y": apply.Failed, "after": apply.Skipped})
	w.broker.refuse = map[string]bool{}
	w.apply(t.Context(), w.plan(desired))
	w.broker.refuse["after"] = true
	r = w.apply(t.Context(), w.plan([]spec.Message{declare("other", "1")}))
	must(t, r, map[string]apply.Outcome{"other": apply.Done, "after": apply.Failed, "of-block": apply.Done, "y": apply.Skipped, "x": apply.Skipped, "before": apply.Skipped})
}

func TestPendingIsSavedBeforeTheFirstPublish(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true}
	w.broker.onSend = func(topic string) {
		if _, ok := w.state.Pending[state.Key{Broker: id, Topic: topic}]; !ok {
			t.Errorf("%s was published without a pending entry", topic)
		}
	}
	w.apply(t.Context(), w.plan([]spec.Message{declare("a", "1"), declare("b", "2")}))
	if len(w.state.Pending) != 0 || len(w.state.Records) != 2 {
		t.Errorf("after the run: %d pending, %d records", len(w.state.Pending), len(w.state.Records))
	}
}

func TestNothingIsPublishedIfTheStateCannotBeWritten(t *testing.T) {
	w := &world{t: t, broker: newFake()}
	p := w.plan([]spec.Message{declare("a", "1")})
	full := errors.New("no space left on device")
	_, err := apply.Run(t.Context(), p, nil, apply.Options{
		To:   map[state.Identity]apply.Destination{id: {Target: w.broker, Capabilities: w.capabilities()}},
		Save: func(context.Context, *state.Snapshot) error { return full },
	})
	if !errors.Is(err, full) || len(w.broker.sent) != 0 {
		t.Errorf("error %v, sent %v", err, w.broker.sent)
	}
}

func TestAFailedLastWriteIsReportedWithTheState(t *testing.T) {
	full := errors.New("no space left on device")
	w := &world{t: t, broker: newFake(), proves: true}
	w.saveErr = func(n int) error {
		if n == 2 {
			return full
		}
		return nil
	}
	r := w.apply(t.Context(), w.plan([]spec.Message{declare("a", "1")}))
	if !errors.Is(r.SaveErr, full) || len(r.State.Records) != 1 || len(w.state.Pending) != 1 {
		t.Errorf("SaveErr %v, report's records %v, stored pending %d", r.SaveErr, recorded(r.State), len(w.state.Pending))
	}
}

// TestAPlanIsNotChanged checks that a run changes neither the plan that it is given nor a snapshot
// that was saved.
func TestAPlanIsNotChanged(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true}
	secret := declare("a", "1")
	secret.Redaction.Fields = mqtt.FieldPayload
	p := w.plan([]spec.Message{secret, declare("b", "1")})
	var before []state.Record
	for i := range p.Changes {
		before = append(before, *p.Changes[i].Record())
	}
	w.apply(t.Context(), p)
	for i := range p.Changes {
		if d := cmp.Diff(before[i], *p.Changes[i].Record()); d != "" {
			t.Errorf("the plan's record of %s (-before +after):\n%s", p.Changes[i].Key.Topic, d)
		}
		pending := w.saved[0].Pending[p.Changes[i].Key].After
		if !pending.UpdatedAt.Equal(before[i].UpdatedAt) {
			t.Errorf("the saved pending entry of %s changed: %v, was %v", p.Changes[i].Key.Topic, pending.UpdatedAt, before[i].UpdatedAt)
		}
	}
}

func TestOneFailureDoesNotStopTheOthers(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true}
	w.broker.refuse["b"] = true
	r := w.apply(t.Context(), w.plan([]spec.Message{declare("a", "1"), declare("b", "2"), declare("c", "3"), declare("d", "4", "message.b")}))
	must(t, r, map[string]apply.Outcome{"a": apply.Done, "b": apply.Failed, "c": apply.Done, "d": apply.Skipped})
	if d := cmp.Diff([]string{"a", "c"}, recorded(w.state)); d != "" {
		t.Errorf("records (-want +got):\n%s", d)
	}
	if len(w.state.Pending) > 0 {
		t.Error("b was refused and d was never sent, but something is still pending")
	}
	if !r.Failed() {
		t.Error("the report does not say that something failed")
	}
}

// TestAFailedPublishIsReadBack checks that the topics of failed publishes are read, even on a
// broker whose acknowledgements prove storage.
func TestAFailedPublishIsReadBack(t *testing.T) {
	for name, test := range map[string]struct {
		arrange func(*fake)
		outcome apply.Outcome
		pending bool
	}{
		"not written":     {func(*fake) {}, apply.Failed, false},
		"stored":          {func(f *fake) { f.keep["a"] = true }, apply.Done, false},
		"unread":          {func(f *fake) { f.unread["a"] = true }, apply.Failed, true},
		"somebody else's": {func(f *fake) { f.live["a"] = declare("a", "theirs").Message }, apply.Failed, true},
		"gone":            {func(f *fake) { delete(f.live, "a") }, apply.Failed, true},
	} {
		for _, proves := range []bool{true, false} {
			w := &world{t: t, broker: newFake(), proves: proves}
			w.apply(t.Context(), w.plan([]spec.Message{declare("a", "1")}))
			p := w.plan([]spec.Message{declare("a", "2")})
			w.broker.refuse["a"] = true
			w.broker.onSend = func(string) { test.arrange(w.broker) }
			r := w.apply(t.Context(), p)
			must(t, r, map[string]apply.Outcome{"a": test.outcome})
			if got := len(w.state.Pending) == 1; got != test.pending {
				t.Errorf("%s (proves %v): pending %v, want %v", name, proves, got, test.pending)
			}
			if err := r.Results[0].Err; test.outcome == apply.Failed && !errors.Is(err, errRefused) {
				t.Errorf("%s (proves %v): %v, want what the broker said", name, proves, err)
			}
		}
	}
}

// TestAFailedReadBackLeavesTheTopicPending checks that an acknowledged message that cannot be read
// back stays pending for the next plan, and that the report says so.
func TestAFailedReadBackLeavesTheTopicPending(t *testing.T) {
	w := &world{t: t, broker: newFake()}
	w.broker.onSend = func(topic string) { w.broker.unread[topic] = true }
	r := w.apply(t.Context(), w.plan([]spec.Message{declare("a", "1")}))
	must(t, r, map[string]apply.Outcome{"a": apply.Failed})
	if err := r.Results[0].Err; err == nil || !strings.Contains(err.Error(), "timed out; the next plan reads the topic") {
		t.Errorf("error %v", err)
	}
	if len(w.state.Pending) != 1 {
		t.Errorf("%d pending", len(w.state.Pending))
	}
}

// TestALostAnswerAboutWhatIsNotShown loses the answer to a change of the QoS, which the broker does
// not show, and then reverts the change: it may have been stored.
func TestALostAnswerAboutWhatIsNotShown(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true, hidden: mqtt.FieldQoS}
	low := declare("a", "1")
	low.QoS = 0
	w.apply(t.Context(), w.plan([]spec.Message{low}))
	w.broker.refuse["a"], w.broker.keep["a"] = true, true
	must(t, w.apply(t.Context(), w.plan([]spec.Message{declare("a", "1")})), map[string]apply.Outcome{"a": apply.Failed})
	w.broker.refuse["a"] = false
	must(t, w.apply(t.Context(), w.plan([]spec.Message{low})), map[string]apply.Outcome{"a": apply.Done})
	if live := w.broker.live["a"]; live.QoS != 0 || len(w.state.Pending) != 0 || w.plan([]spec.Message{low}).HasChanges() {
		t.Errorf("live with QoS %d, pending %v", live.QoS, w.state.Pending)
	}
}

func TestAMovedTopicKeepsItsOldMessageIfTheNewOneFailed(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true}
	first := declare("old", "1")
	first.Address, first.Name = "message.x", "x"
	w.apply(t.Context(), w.plan([]spec.Message{first, declare("keep", "1")}))
	moved := declare("new", "1")
	moved.Address, moved.Name = "message.x", "x"
	w.broker.refuse["new"] = true
	r := w.apply(t.Context(), w.plan([]spec.Message{moved, declare("keep", "1")}))
	must(t, r, map[string]apply.Outcome{"new": apply.Failed, "old": apply.Skipped})
	if _, live := w.broker.live["old"]; !live {
		t.Error("the old message was deleted though its replacement failed")
	}
}

func TestAConflictIsSkippedAndShown(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true, stale: true}
	w.apply(t.Context(), w.plan([]spec.Message{declare("a", "1"), declare("b", "1")}))
	p := w.plan([]spec.Message{declare("a", "2"), declare("b", "2")})
	w.broker.live["a"] = mqtt.Message{Topic: "a", Payload: []byte("on-call"), QoS: 1}
	r := w.apply(t.Context(), p)
	must(t, r, map[string]apply.Outcome{"a": apply.Conflicted, "b": apply.Done})
	for _, res := range r.Results {
		if res.Outcome == apply.Conflicted && (res.Live == nil || string(res.Live.Payload) != "on-call") {
			t.Errorf("the conflict does not show what is live: %v", res.Live)
		}
	}
	if got := string(w.broker.live["a"].Payload); got != "on-call" {
		t.Errorf("live a is %q", got)
	}
}

func TestAMessageThatIsGoneIsNotAdopted(t *testing.T) {
	w := &world{t: t, broker: newFake(declare("a", "1").Message, declare("b", "1").Message), proves: true, stale: true}
	p := w.plan([]spec.Message{declare("a", "1"), declare("b", "1")})
	w.broker.live["a"] = mqtt.Message{Topic: "a", Payload: []byte("on-call"), QoS: 1}
	must(t, w.apply(t.Context(), p), map[string]apply.Outcome{"a": apply.Conflicted, "b": apply.Done})
	if d := cmp.Diff([]string{"b"}, recorded(w.state)); d != "" {
		t.Errorf("records (-want +got):\n%s", d)
	}
}

func TestAFreshObservationIsNotReadAgain(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true}
	p := w.plan([]spec.Message{declare("a", "1")})
	w.broker.unread["a"] = true // a read would skip it
	must(t, w.apply(t.Context(), p), map[string]apply.Outcome{"a": apply.Done})
}

func TestAnUnreadTopicIsNotPublishedToBlindly(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true, stale: true}
	p := w.plan([]spec.Message{declare("a", "1"), declare("b", "1")})
	w.broker.unread["a"] = true
	must(t, w.apply(t.Context(), p), map[string]apply.Outcome{"a": apply.Skipped, "b": apply.Done})
}

func TestTheCanaryStopsABrokerThatKeepsNothing(t *testing.T) {
	w := &world{t: t, broker: newFake()}
	var desired []spec.Message
	for i := range 50 {
		topic := fmt.Sprintf("t%02d", i)
		desired, w.broker.drop[topic] = append(desired, declare(topic, "1")), true
	}
	r := w.apply(t.Context(), w.plan(desired))
	if len(w.broker.sent) != 1 {
		t.Errorf("%d messages were sent to a broker that stores none", len(w.broker.sent))
	}
	counts := map[apply.Outcome]int{}
	for _, outcome := range outcomes(r) {
		counts[outcome]++
	}
	if counts[apply.Failed] != 1 || counts[apply.Skipped] != 49 {
		t.Errorf("outcomes %v", counts)
	}
}

func TestAnAcknowledgedMessageThatIsNotThereIsAFailure(t *testing.T) {
	w := &world{t: t, broker: newFake()}
	w.broker.drop["b"] = true
	r := w.apply(t.Context(), w.plan([]spec.Message{declare("a", "1"), declare("b", "1"), declare("c", "1")}))
	must(t, r, map[string]apply.Outcome{"a": apply.Done, "b": apply.Failed, "c": apply.Done})
}

func TestAnInterruptionLeavesWhatWasNotBegun(t *testing.T) {
	w := &world{t: t, broker: newFake(), proves: true}
	ctx, cancel := context.WithCancel(t.Context())
	w.broker.onSend = func(topic string) {
		if topic == "b" {
			cancel()
		}
	}
	r := w.apply(ctx, w.plan([]spec.Message{declare("a", "1"), declare("b", "1"), declare("c", "1"), declare("d", "1", "message.a")}))
	must(t, r, map[string]apply.Outcome{"a": apply.Done, "b": apply.Done, "c": apply.Cancelled, "d": apply.Cancelled})
	if !r.Interrupted || len(w.state.Pending) != 0 {
		t.Errorf("interrupted %v, %d pending", r.Interrupted, len(w.state.Pending))
	}
	if d := cmp.Diff([]string{"a", "b"}, recorded(w.state)); d != "" {
		t.Errorf("records (-want +got):\n%s", d)
	}
}

// TestKilledAnywhereTheNextRunConverges cuts a run off at every saved state, with every prefix of
// its publishes done, as a kill -9 does, and applies again.
func TestKilledAnywhereTheNextRunConverges(t *testing.T) {
	topics := []string{"a", "b", "c", "d"}
	message := rapid.Custom(func(t *rapid.T) []spec.Message {
		var all []spec.Message
		for _, topic := range topics {
			if p := rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, topic); p != "" {
				all = append(all, declare(topic, p))
			}
		}
		return all
	})
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, broker: newFake(), proves: true}
		w.apply(context.Background(), w.plan(message.Draw(t, "first")))
		second := message.Draw(t, "second")
		p := w.plan(second)
		before := maps.Clone(w.broker.live)
		w.saved = nil
		w.apply(context.Background(), p)
		if len(w.saved) == 0 {
			return
		}
		// The kill: only the first write of the state and n publishes were done.
		n := rapid.IntRange(0, len(p.Changes)).Draw(t, "published")
		after := w.broker.live
		w.state, w.broker.live = w.saved[0], before
		for _, c := range p.Changes[:n] {
			if m, ok := after[c.Key.Topic]; ok {
				w.broker.live[c.Key.Topic] = m
			} else {
				delete(w.broker.live, c.Key.Topic)
			}
		}
		desired := message.Draw(t, "third")
		again := w.plan(desired)
		if refused := again.Blocked(false); len(refused) > 0 {
			t.Fatalf("refused after a kill: %+v", refused)
		}
		w.apply(context.Background(), again)
		last := w.plan(desired)
		if last.HasChanges() || len(w.state.Pending) > 0 {
			t.Fatalf("not converged: %d changes, %d pending", len(last.Changes), len(w.state.Pending))
		}
		if len(w.broker.live) != len(desired) {
			t.Fatalf("live %v, declared %d", w.broker.live, len(desired))
		}
	})
}

// TestABrokerThatCannotBeReadIsStopped checks that not every batch waits for a broker that cannot be
// read.
func TestABrokerThatCannotBeReadIsStopped(t *testing.T) {
	var desired []spec.Message
	for i := range 9_000 {
		desired = append(desired, declare(fmt.Sprint("t", i), "1"))
	}
	w := &world{t: t, broker: newFake(), proves: true, stale: true}
	p := w.plan(desired)
	w.broker.reads, w.broker.broken = 0, errors.New("no answer within 30s")
	r := w.apply(t.Context(), p)
	if w.broker.reads != 3 || len(w.broker.sent) != 0 {
		t.Errorf("%d reads, %d sent", w.broker.reads, len(w.broker.sent))
	}
	for _, res := range r.Results {
		if res.Outcome != apply.Skipped || !strings.Contains(res.Err.Error(), "no answer within 30s") {
			t.Fatalf("%s: %s, %v", res.Change.Key.Topic, res.Outcome, res.Err)
		}
	}
	if len(w.state.Pending) > 0 {
		t.Errorf("%d pending", len(w.state.Pending))
	}
}
