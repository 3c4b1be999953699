package brokertest

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
)

// untracked finds messages by filters. A broker whose inventory is complete must show all of them.
// One whose inventory may be incomplete must say why, and show nothing that is not live.
func untracked(t *testing.T, w broker.Writer) (without []string) {
	scanner, ok := w.(broker.Scanner)
	if !ok {
		return []string{"does not look for untracked messages"}
	}
	batch := []mqtt.Message{
		{Topic: "contract/scan", Payload: []byte("parent"), QoS: 1},
		{Topic: "contract/scan/a", Payload: []byte("a"), QoS: 1},
		{Topic: "contract/scan/b/config", Payload: []byte("b"), QoS: 1},
		{Topic: "contract/scan/ü/config", Payload: []byte("ü"), QoS: 1},
		{Topic: "contract/scanned", Payload: []byte("beside"), QoS: 1},
	}
	mustPublish(t, w, append(batch, mqtt.Message{Topic: "contract/scan/gone", Payload: []byte("x"), QoS: 1})...)
	mustPublish(t, w, mqtt.Deletion("contract/scan/gone", 1))
	for _, test := range []struct {
		filters []string
		want    []mqtt.Message
	}{
		{[]string{"contract/scan/#"}, batch[:4]},
		{[]string{"contract/scan/+/config"}, batch[2:4]},
		{[]string{"contract/+"}, []mqtt.Message{batch[0], batch[4]}},
		{[]string{"contract/scan/b/#", "contract/scan/+"}, batch[1:3]},
		{[]string{"contract/scan/#", "contract/+/b/config", "contract/scan/a"}, batch[:4]},
		{[]string{"contract/nothing/#"}, nil},
		{nil, nil},
	} {
		found, err := scanner.Scan(t.Context(), test.filters)
		if errors.Is(err, broker.ErrNoScan) {
			return []string{"shows nothing to a wildcard"}
		}
		if err != nil {
			t.Fatalf("scan %q: %v", test.filters, err)
		}
		if found.Complete != (len(found.Reasons) == 0) {
			t.Errorf("scan %q: complete %t for the reasons %q", test.filters, found.Complete, found.Reasons)
		}
		checkFound(t, w, test.filters, test.want, found)
		for _, why := range found.Reasons {
			if why = unaddressed(w, why); !slices.Contains(without, why) {
				without = append(without, why)
			}
		}
	}
	return without
}

// unaddressed returns the reason for an incomplete inventory without the broker's address, which
// differs in each run.
func unaddressed(w broker.Writer, why string) string {
	_, at, _ := strings.Cut(w.Info().Address, "://")
	return strings.TrimPrefix(why, "broker "+at+" ")
}

// checkFound compares what a scan showed with what is live, and ignores what other tests may have
// left.
func checkFound(t *testing.T, w broker.Writer, filters []string, want []mqtt.Message, found broker.Inventory) {
	t.Helper()
	expected, got := map[string]mqtt.Message{}, map[string]mqtt.Message{}
	for _, m := range want {
		expected[m.Topic] = visible(w, m)
	}
	for topic, m := range found.Live {
		got[topic] = visible(w, m.Message)
	}
	if !found.Complete {
		maps.DeleteFunc(expected, func(topic string, _ mqtt.Message) bool { _, seen := got[topic]; return !seen })
	}
	others := func(topic string, _ mqtt.Message) bool {
		return !mqtt.Match("contract/scan/#", topic) && topic != "contract/scanned"
	}
	maps.DeleteFunc(got, others)
	if diff := cmp.Diff(expected, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("scan %q (-want +got):\n%.2000s", filters, diff)
	}
}
