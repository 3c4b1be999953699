package apply_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// TestARunPublishesOnlyWhatAPlanMay runs plans whose messages the broker refuses now, or whose
// secrets were not resolved. Nothing is published, and the state is not written.
func TestARunPublishesOnlyWhatAPlanMay(t *testing.T) {
	secret := declare("b", "2")
	secret.Redaction.Fields = mqtt.FieldPayload
	for name, test := range map[string]struct {
		declared spec.Message
		limits   mqtt.Limits
		says     string
	}{
		"payload":    {declare("b", "22"), mqtt.Limits{Broker: "it", PayloadBytes: 1}, `message.b ("b"): it accepts payloads of at most 1 bytes`},
		"topic":      {declare("bb", "2"), mqtt.Limits{Broker: "it", TopicBytes: 1}, `message.bb ("bb"): it accepts topics of at most 1 bytes`},
		"QoS":        {declare("b", "2"), mqtt.Limits{Broker: "it", OnlyQoS0: true}, "it accepts QoS 0 only"},
		"unresolved": {secret, mqtt.Limits{}, `message.b ("b"): its message is incomplete`},
	} {
		w := &world{t: t, broker: newFake(), proves: true}
		var file bytes.Buffer
		if err := plan.Save(&file, w.plan([]spec.Message{test.declared})); err != nil {
			t.Fatal(err)
		}
		p, err := plan.Load(&file)
		if err != nil {
			t.Fatal(err)
		}
		to := apply.Destination{Target: w.broker, Capabilities: w.capabilities()}
		to.Limits = test.limits
		report, err := apply.Run(t.Context(), p, nil, apply.Options{
			To: map[state.Identity]apply.Destination{id: to},
			Save: func(context.Context, *state.Snapshot) error {
				t.Errorf("%s: the state is written", name)
				return nil
			},
		})
		if report != nil || err == nil || !strings.Contains(err.Error(), test.says) || len(w.broker.sent) > 0 {
			t.Errorf("%s: %v, sent %q, want %q", name, err, w.broker.sent, test.says)
		}
	}
}
