package cli

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

// shown is a broker that shows some topics to a scan and some to exact reads.
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

func scanned() plan.Input {
	x := spec.Exclusive{Scope: spec.Scope{Address: "exclusive.x", Broker: "lab", Filter: "x/#"}, Except: []string{"x/except"}}
	x.Range.Filename, x.Range.Start.Line = "main.retain.hcl", 3
	declare := func(topic string) spec.Message {
		return spec.Message{Message: mqtt.Message{Topic: topic}, Broker: "lab"}
	}
	return plan.Input{
		Exclusive: []spec.Exclusive{x}, Refreshed: true,
		Desired: []spec.Message{declare("x/seen"), declare("x/unseen"), declare("y/outside")},
	}
}

// TestObserveOne holds what is read again after a scan: known topics that it did not
// show, since its silence proves nothing, and every stranger, since only an exact read
// is settled.
func TestObserveOne(t *testing.T) {
	r := &shown{scan: []string{"x/seen", "x/ghost", "x/gone", "x/except"}, read: []string{"x/unseen", "x/ghost"}}
	b := plan.Broker{Name: "lab"}
	s := newSession(Env{})
	if err := s.observeOne(t.Context(), r, scanned(), &b); err != nil {
		t.Fatal(err)
	}
	want := []any{[]string{"x/#"}, []string{"x/unseen", "y/outside", "x/ghost", "x/gone"}, live([]string{"x/seen", "x/unseen", "x/ghost"}), []string{"a slow link"}}
	if diff := cmp.Diff(want, []any{r.filters, r.asked, b.Observed.Live, b.Unsure}); diff != "" {
		t.Errorf("scanned, asked, live, unsure (-want +got):\n%s", diff)
	}
}

func TestABrokerThatCannotBeScanned(t *testing.T) {
	s := newSession(Env{})
	deaf := struct{ broker.Reader }{}
	err := s.observeOne(t.Context(), deaf, scanned(), &plan.Broker{Name: "lab"})
	if !errors.Is(err, broker.ErrNoScan) {
		t.Errorf("error %v", err)
	}
}
