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

// strangers finds messages by filters. A broker whose inventory is complete shows
// all of them; one that cannot tell says why, and shows nothing that is not there.
func strangers(t *testing.T, w broker.Writer) (without []string) {
	scanner, ok := w.(broker.Scanner)
	if !ok {
		return []string{"does not look for strangers"}
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

// unaddressed is what a broker is said to lack without its address, which is another
// in each run.
func unaddressed(w broker.Writer, why string) string {
	_, at, _ := strings.Cut(w.Info().Address, "://")
	return strings.TrimPrefix(why, "broker "+at+" ")
}

// checkFound compares what a scan showed with what stands there, among what other
// tests may have left.
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
