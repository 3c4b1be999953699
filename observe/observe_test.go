package observe_test

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/observe"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// embedded returns the block of an embedded broker that holds messages at some topics.
func embedded(t *testing.T, name string, topics ...string) spec.Broker {
	t.Helper()
	b := spec.Broker{Type: "embedded", Name: name, Settings: &spec.EmbeddedSettings{Path: filepath.Join(t.TempDir(), name+".db")}}
	w, err := broker.Open(t.Context(), b, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	batch := make([]mqtt.Message, len(topics))
	for i, topic := range topics {
		batch[i] = mqtt.Message{Topic: topic, Payload: []byte("x"), QoS: 1}
	}
	w.Publish(t.Context(), batch, func(_ int, err error) {
		if err != nil {
			t.Error(err)
		}
	})
	return b
}

func input(broker string) plan.Input {
	return plan.Input{
		Refreshed: true,
		Desired:   []spec.Message{{Message: mqtt.Message{Topic: "x/declared", Payload: []byte("x"), QoS: 1}, Broker: broker}},
		Exclusive: []spec.Exclusive{{FilterBlock: spec.FilterBlock{Address: "exclusive.x", Broker: broker, Filter: "x/#"}}},
	}
}

// TestBrokers observes two brokers and finishes the plan, which deletes the untracked message of
// one of them.
func TestBrokers(t *testing.T) {
	blocks := []spec.Broker{embedded(t, "one", "x/declared", "x/untracked", "y"), embedded(t, "two", "x/untracked")}
	var waits []any
	done := func() { waits = append(waits, "done") }
	begun, results, err := observe.Brokers(t.Context(), blocks, input("one"), observe.Options{
		Opening: func(name string) func() { waits = append(waits, name); return done },
		Reading: func(topics, brokers int) func() { waits = append(waits, topics, brokers); return done },
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]any{"one", "done", "two", "done", 1, 2, "done"}, waits); diff != "" {
		t.Errorf("waited for (-want +got):\n%s", diff)
	}
	var did []string
	for _, c := range begun.Finish(results.Observations(), time.Now()).Changes {
		did = append(did, c.Broker+" "+string(c.Action)+c.Key.Topic)
	}
	if diff := cmp.Diff([]string{"one &x/declared", "one -x/untracked"}, did); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

// TestAnErrorNamesItsBroker checks that an error names its broker, and that an interruption names
// none.
func TestAnErrorNamesItsBroker(t *testing.T) {
	nowhere := spec.Broker{Type: "mqtt", Name: "nowhere", Settings: &spec.MQTTSettings{Address: spec.MQTTAddress{}}}
	blocks := []spec.Broker{embedded(t, "one"), nowhere}
	_, _, err := observe.Brokers(t.Context(), blocks, input("one"), observe.Options{})
	var unusable *observe.UnusableError
	if !errors.As(err, &unusable) || unusable.Name != "nowhere" {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := observe.Brokers(ctx, blocks[:1], input("one"), observe.Options{}); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestResultsErr(t *testing.T) {
	failed := &observe.UnusableError{Name: "b", Err: errors.New("refused")}
	for name, test := range map[string]struct {
		results observe.Results
		want    error
	}{
		"none":                    {observe.Results{{}, {}}, nil},
		"the second":              {observe.Results{{}, {Err: failed}}, failed},
		"cancelled by the second": {observe.Results{{Err: context.Canceled}, {}, {Err: failed}}, failed},
		"interrupted":             {observe.Results{{Err: context.Canceled}, {}}, context.Canceled},
	} {
		if got := test.results.Err(); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestNeeded(t *testing.T) {
	declared := []spec.Broker{{Name: "messages"}, {Name: "exclusive"}, {Name: "idle"}}
	in := plan.Input{
		Desired:   []spec.Message{{Broker: "messages"}},
		Exclusive: []spec.Exclusive{{FilterBlock: spec.FilterBlock{Broker: "exclusive"}}},
	}
	held := in
	held.Prior = &state.Snapshot{Pending: map[state.Key]state.Pending{{Broker: "b", Topic: "t"}: {}}}
	restoring := in
	restoring.Backup = &state.Backup{}
	for name, test := range map[string]struct {
		in   plan.Input
		want []string
	}{
		"nothing recorded": {in, []string{"messages", "exclusive"}},
		"something":        {held, []string{"messages", "exclusive", "idle"}},
		"a backup":         {restoring, []string{"messages", "exclusive", "idle"}},
	} {
		var names []string
		for _, b := range observe.Needed(declared, &test.in) {
			names = append(names, b.Name)
		}
		if diff := cmp.Diff(test.want, names); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestLive finds messages by filters and by a topic, and tells how far it has come.
func TestLive(t *testing.T) {
	var heard []any
	found, err := observe.Live(t.Context(), embedded(t, "one", "x/a", "x/b", "y/c", "y/d"), []string{"x/+", "y/c", "y/gone"}, observe.Options{
		Opened: func(name string) { heard = append(heard, name) },
		Scanned: func(messages int, complete bool, reasons []string) {
			heard = append(heard, messages, complete, len(reasons))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []any{[]string{"x/a", "x/b", "y/c"}, []any{"one", 2, true, 0}}
	if diff := cmp.Diff(want, []any{slices.Sorted(maps.Keys(found.Live)), heard}); diff != "" {
		t.Errorf("live, heard (-want +got):\n%s", diff)
	}
	if found.Identity == "" || found.Readable != mqtt.AllFields {
		t.Errorf("identity %q, readable %s", found.Identity, found.Readable.Names())
	}
}
