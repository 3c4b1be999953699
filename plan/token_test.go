package plan_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
)

// TestTokenOffline checks that a plan without a refresh and a refreshed one that finds no
// drift have the same token, so that what a pull request shows is what is applied.
func TestTokenOffline(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		recorded := drawDeclared(t, "before")
		w.run(t, w.force(recorded))
		desired := drawDeclared(t, "after")
		if w.needsRefresh(desired) {
			return
		}
		online, offline := w.plan(desired...), w.offline(desired...)
		if online.Token() != offline.Token() {
			t.Fatalf("without drift:\nrefreshed %s %s\noffline   %s %s", online.Token(), describe(online), offline.Token(), describe(offline))
		}
	})
}

func TestTokenCountdown(t *testing.T) {
	w := newWorld()
	w.run(t, w.plan(message("a", "1", expiry(100, 0))))
	desired := message("a", "2", expiry(100, 0))
	before := w.plan(desired).Token()
	countDown("a", 30)(w)
	if w.plan(desired).Token() != before {
		t.Error("the token changes while an expiry counts down")
	}
}

func TestToken(t *testing.T) {
	w := newWorld()
	w.run(t, w.plan(message("a", "1"), message("b", "1")))
	base := []spec.Message{message("a", "2"), message("b", "1"), message("c", "1")}
	token := func(w *world, desired ...spec.Message) string { return w.plan(desired...).Token() }
	want := token(w, base...)
	if len(want) != 32 {
		t.Errorf("token %q is not 32 digits", want)
	}

	same := map[string]func() string{
		"order": func() string { d := slices.Clone(base); slices.Reverse(d); return token(w, d...) },
		"addresses": func() string {
			d := slices.Clone(base)
			d[0].Address, d[0].Range.Filename = "message.renamed", "other.retain.hcl"
			return token(w, d...)
		},
		"time": func() string { w := w.clone(); w.now = w.now.Add(1e9); return token(w, base...) },
	}
	for name, of := range same {
		if got := of(); got != want {
			t.Errorf("%s changes the token", name)
		}
	}

	other := map[string]func() string{
		"payload": func() string { d := slices.Clone(base); d[0].Payload = []byte("3"); return token(w, d...) },
		"qos":     func() string { d := slices.Clone(base); d[2].QoS = 0; return token(w, d...) },
		"topic":   func() string { d := slices.Clone(base); d[2].Topic = "d"; return token(w, d...) },
		"action":  func() string { return token(w, base[1], base[2]) },
		"what is live": func() string {
			w := w.clone()
			w.live["a"] = mqtt.Message{Topic: "a", Payload: []byte("x")}
			return token(w, base...)
		},
		"broker": func() string {
			in := w.input(base...)
			in.Brokers[0].Identity = "mqtt:other:1883"
			return in.plan().Token()
		},
	}
	for name, of := range other {
		if got := of(); got == want {
			t.Errorf("%s does not change the token", name)
		}
	}
}

// TestUnpinnedBrokerIsAReason checks that a plan without a refresh warns that its token will
// differ if a broker was never read: the token includes the broker's identity.
func TestUnpinnedBrokerIsAReason(t *testing.T) {
	w := newWorld()
	in := w.input(message("a", "1"))
	in.Refreshed, in.observed = false, plan.Observation{}
	if p := in.plan(); len(p.Reasons) != 1 {
		t.Errorf("reasons %q", p.Reasons)
	}
	in.Brokers[0].Unpinned = true
	if p := in.plan(); len(p.Reasons) != 2 || !strings.Contains(p.Reasons[1], `broker "lab"`) || !strings.Contains(p.Reasons[1], "token") {
		t.Errorf("reasons %q", p.Reasons)
	}
}
