package state_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/state"
)

func TestPin(t *testing.T) {
	s := &state.Snapshot{
		Brokers: map[state.Identity]state.Pin{
			"mqtt:kept:1883": {Type: "mqtt", Name: "old"}, "mqtt:left:1883": {Type: "mqtt", Name: "lab"}, "mqtt:held:1883": {Type: "mqtt", Name: "held"},
		},
		Records: map[state.Key]state.Record{{Broker: "mqtt:kept:1883", Topic: "a"}: {}},
		Pending: map[state.Key]state.Pending{{Broker: "mqtt:held:1883", Topic: "a"}: {}},
	}
	now := map[state.Identity]state.Pin{"mqtt:kept:1883": {Type: "mqtt", Name: "new"}, "mqtt:fresh:1883": {Type: "mqtt", Name: "lab"}}
	if !s.Pin(now) {
		t.Error("renaming a block is not reported as a change")
	}
	want := map[state.Identity]state.Pin{
		"mqtt:kept:1883": {Type: "mqtt", Name: "new"}, "mqtt:fresh:1883": {Type: "mqtt", Name: "lab"}, "mqtt:held:1883": {Type: "mqtt", Name: "held"},
	}
	if diff := cmp.Diff(want, s.Brokers); diff != "" {
		t.Errorf("brokers (-want +got):\n%s", diff)
	}
	if s.Pin(now) {
		t.Error("the same pins are reported as a change")
	}
}

func TestPinOf(t *testing.T) {
	lab := state.Pin{Type: "mqtt", Name: "lab"}
	renamed := state.Pin{Type: "mqtt", Name: "renamed"}
	other := state.Pin{Type: "mqtt", Name: "other"}
	cloud := state.Pin{Type: "aws_iot", Name: "cloud"}
	one := map[state.Identity]state.Pin{"mqtt:lab:1883": lab}
	two := map[state.Identity]state.Pin{"mqtt:lab:1883": lab, "mqtt:other:1883": other}
	for name, test := range map[string]struct {
		pins   map[state.Identity]state.Pin
		of     state.Pin
		blocks []state.Pin
		want   state.Identity
		pinned bool
	}{
		"its own":                    {one, lab, []state.Pin{lab}, "mqtt:lab:1883", true},
		"renamed":                    {one, renamed, []state.Pin{renamed}, "mqtt:lab:1883", true},
		"renamed, beside its own":    {two, renamed, []state.Pin{other, renamed}, "mqtt:lab:1883", true},
		"new":                        {one, renamed, []state.Pin{lab, renamed}, "mqtt:unpinned:renamed", false},
		"of another type":            {one, cloud, []state.Pin{cloud}, "aws_iot:unpinned:cloud", false},
		"two that it may have been":  {two, renamed, []state.Pin{renamed}, "mqtt:unpinned:renamed", false},
		"two that may be the former": {one, renamed, []state.Pin{renamed, other}, "mqtt:unpinned:renamed", false},
		"nothing recorded":           {nil, lab, []state.Pin{lab}, "mqtt:unpinned:lab", false},
	} {
		s := &state.Snapshot{Brokers: test.pins}
		if got, pinned := s.PinOf(test.of, test.blocks); got != test.want || pinned != test.pinned {
			t.Errorf("%s: %s %v, want %s %v", name, got, pinned, test.want, test.pinned)
		}
	}
	if got, pinned := (*state.Snapshot)(nil).PinOf(lab, nil); got != "mqtt:unpinned:lab" || pinned {
		t.Errorf("before the first state: %s %v", got, pinned)
	}
}

func TestShared(t *testing.T) {
	for name, test := range map[string]struct {
		now        map[string]state.Identity
		one, other string
		shared     bool
	}{
		"none": {nil, "", "", false},
		"two":  {map[string]state.Identity{"a": "mqtt:a:1883", "b": "mqtt:b:1883"}, "", "", false},
		"one":  {map[string]state.Identity{"c": "mqtt:a:1883", "b": "mqtt:b:1883", "a": "mqtt:a:1883"}, "a", "c", true},
	} {
		if one, other, shared := state.Shared(test.now); one != test.one || other != test.other || shared != test.shared {
			t.Errorf("%s: %q %q %v", name, one, other, shared)
		}
	}
}
