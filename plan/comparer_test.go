package plan_test

import (
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

// TestMatchesBefore plans an update, changes what is live, and compares: also with a saved
// plan and with one that was made without a refresh.
func TestMatchesBefore(t *testing.T) {
	tests := map[string]struct {
		then func(*world)
		want bool
	}{
		"unchanged":         {func(*world) {}, true},
		"gone":              {gone("a"), false},
		"overwritten":       {put("a", "x"), false},
		"counted down":      {countDown("a", 5), true},
		"longer expiry":     {countDown("a", 500), false},
		"expiry taken away": {countDown("a", 0), false},
		"unreadable":        {func(w *world) { m := w.live["a"]; m.QoS = 0; w.live["a"] = m }, true},
	}
	hide := map[string]func(*spec.Message){"plain": func(*spec.Message) {}, "secret": secret, "secret leaf": hiddenLeaf("/x")}
	for name, test := range tests {
		for secrecy, hide := range hide {
			t.Run(name+", "+secrecy, func(t *testing.T) {
				w := newWorld()
				w.run(t, w.plan(message("a", `{"x":1}`, expiry(100, 0), hide)))
				desired := message("a", `{"x":2}`, expiry(100, 0), hide)
				online, offline := w.plan(desired), w.offline(desired)
				test.then(w)
				live, there := w.observation().Live["a"]
				for how, p := range map[string]*plan.Plan{"refreshed": online, "offline": offline, "saved": saved(t, online)} {
					if got := p.Changes[0].MatchesBefore(live, there, w.comparer()); got != test.want {
						t.Errorf("%s: matches before: %v, want %v", how, got, test.want)
					}
				}
			})
		}
	}
}

func TestMatchesBeforeCreate(t *testing.T) {
	w := newWorld()
	desired := message("a", "1")
	created := w.plan(desired).Changes[0]
	w.run(t, w.plan(desired))
	ours := w.observation().Live["a"]
	delete(w.live, "a")
	again := w.plan(desired).Changes[0]
	foreign := mqtt.Retained{Message: mqtt.Message{Topic: "a", Payload: []byte("x")}}
	for name, test := range map[string]struct {
		change plan.Change
		live   mqtt.Retained
		there  bool
		want   bool
	}{
		"still nothing":       {created, mqtt.Retained{}, false, true},
		"somebody's message":  {created, foreign, true, false},
		"drift, still gone":   {again, mqtt.Retained{}, false, true},
		"drift, ours is back": {again, ours, true, true},
		"drift, another":      {again, foreign, true, false},
	} {
		if got := test.change.MatchesBefore(test.live, test.there, w.comparer()); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestMatchesAfter(t *testing.T) {
	w := newWorld()
	w.run(t, w.plan(message("b", "1")))
	p := w.plan(message("a", `{"x":1}`, expiry(100, 0), properties("k", "1", "l", "2")))
	create, remove := &p.Changes[0], &p.Changes[1]
	sent, _ := create.Publish()
	read := func(edit func(*mqtt.Message)) mqtt.Retained {
		m := sent
		edit(&m)
		return mqtt.Retained{Message: m}
	}
	for name, test := range map[string]struct {
		live mqtt.Retained
		want bool
	}{
		"as sent":        {read(func(*mqtt.Message) {}), true},
		"counted down":   {read(func(m *mqtt.Message) { m.Expiry = 1 }), true},
		"no expiry":      {read(func(m *mqtt.Message) { m.Expiry = 0 }), false},
		"received QoS":   {read(func(m *mqtt.Message) { m.QoS = 0 }), true},
		"other spelling": {read(func(m *mqtt.Message) { m.Payload = []byte(`{"x": 1}`) }), false},
		"other order": {read(func(m *mqtt.Message) {
			m.UserProperties = []mqtt.UserProperty{{Name: "l", Value: "2"}, {Name: "k", Value: "1"}}
		}), true},
		"property lost": {read(func(m *mqtt.Message) { m.UserProperties = m.UserProperties[:1] }), false},
	} {
		if got := create.MatchesAfter(test.live, true, w.comparer()); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
	if create.MatchesAfter(mqtt.Retained{}, false, w.comparer()) {
		t.Error("a create matches an absent message")
	}
	if !remove.MatchesAfter(mqtt.Retained{}, false, w.comparer()) || remove.MatchesAfter(read(func(*mqtt.Message) {}), true, w.comparer()) {
		t.Error("a delete does not match absence, or matches a live message")
	}
}
