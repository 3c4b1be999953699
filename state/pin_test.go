package state_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/state"
)

func TestPin(t *testing.T) {
	s := &state.Snapshot{
		Brokers: map[state.Identity]state.Broker{
			"mqtt:kept:1883": {Type: "mqtt", Name: "old"}, "mqtt:left:1883": {Type: "mqtt", Name: "lab"}, "mqtt:held:1883": {Type: "mqtt", Name: "held"},
		},
		Records: map[state.Key]state.Record{{Broker: "mqtt:kept:1883", Topic: "a"}: {}},
		Pending: map[state.Key]state.Pending{{Broker: "mqtt:held:1883", Topic: "a"}: {}},
	}
	now := map[state.Identity]state.Broker{"mqtt:kept:1883": {Type: "mqtt", Name: "new"}, "mqtt:fresh:1883": {Type: "mqtt", Name: "lab"}}
	if !s.Pin(now) {
		t.Error("a renamed block is no change")
	}
	want := map[state.Identity]state.Broker{
		"mqtt:kept:1883": {Type: "mqtt", Name: "new"}, "mqtt:fresh:1883": {Type: "mqtt", Name: "lab"}, "mqtt:held:1883": {Type: "mqtt", Name: "held"},
	}
	if diff := cmp.Diff(want, s.Brokers); diff != "" {
		t.Errorf("brokers (-want +got):\n%s", diff)
	}
	if s.Pin(now) {
		t.Error("the same pins again are a change")
	}
}
