package observe

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

// shown is a broker that shows some topics in a scan and some in exact reads.
type shown struct {
	broker.Reader
	scan, read []string
	asked      []string // by Read
	filters    []string // by Scan
}

func live(topics []string) map[string]mqtt.Retained {
	found := map[string]mqtt.Retained{}
	for _, topic := range topics {
		found[topic] = mqtt.Retained{Message: mqtt.Message{Topic: topic, Payload: []byte("x")}}
	}
	return found
}

func (s *shown) Read(ctx context.Context, topics []string) (mqtt.Observation, error) {
	s.asked = topics
	return mqtt.Observation{Live: live(slices.DeleteFunc(slices.Clone(s.read), func(t string) bool { return !slices.Contains(topics, t) }))}, nil
}

func (s *shown) Scan(ctx context.Context, filters []string) (broker.Inventory, error) {
	s.filters = filters
	return broker.Inventory{Live: live(s.scan), Reasons: []string{"a slow link"}}, nil
}

func scanned() *plan.Begun {
	x := spec.Exclusive{FilterBlock: spec.FilterBlock{Address: "exclusive.x", Broker: "lab", Filter: "x/#"}, Except: []string{"x/except"}}
	x.Range.Filename, x.Range.Start.Line = "main.retain.hcl", 3
	declare := func(topic string) spec.Message {
		return spec.Message{Message: mqtt.Message{Topic: topic}, Broker: "lab"}
	}
	return plan.Begin(plan.Input{
		Brokers:   []plan.Broker{{Name: "lab", Identity: "mqtt:lab:1883"}},
		Exclusive: []spec.Exclusive{x}, Refreshed: true,
		Desired: []spec.Message{declare("x/seen"), declare("x/unseen"), declare("y/outside")},
	})
}

// TestReadOne checks what is read after a scan: known topics that it did not show, because that
// does not prove absence, and every untracked one, because only an exact read determines it.
func TestReadOne(t *testing.T) {
	r := &shown{scan: []string{"x/seen", "x/untracked", "x/gone", "x/except"}, read: []string{"x/unseen", "x/untracked"}}
	begun := scanned()
	seen, err := readOne(t.Context(), r, begun, begun.Readings()[0], Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []any{
		[]string{"x/#"}, []string{"x/unseen", "y/outside", "x/gone", "x/untracked"},
		live([]string{"x/seen", "x/unseen", "x/untracked"}), []string{"a slow link"},
	}
	if diff := cmp.Diff(want, []any{r.filters, r.asked, seen.Live, seen.Unsure}); diff != "" {
		t.Errorf("scanned, asked, live, unsure (-want +got):\n%s", diff)
	}
}

func TestABrokerThatCannotBeScanned(t *testing.T) {
	noScan := struct{ broker.Reader }{}
	begun := scanned()
	_, err := readOne(t.Context(), noScan, begun, begun.Readings()[0], Options{})
	if !errors.Is(err, broker.ErrNoScan) {
		t.Errorf("error %v", err)
	}
}
