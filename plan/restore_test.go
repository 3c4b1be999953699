package plan_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// backup returns the backup that apply makes of p.
func (w *world) backup(p *plan.Plan) *state.Backup {
	b := &state.Backup{Records: map[state.Key]state.Record{}}
	for i := range p.Changes {
		c := &p.Changes[i]
		lost, sensitive := c.Replaced(w.comparer(), w.now)
		if sensitive {
			b.LeftOut++
		} else if lost != nil {
			b.Records[c.Key] = *lost
		}
	}
	return b
}

func (w *world) restore(b *state.Backup, desired ...spec.Message) *plan.Plan {
	in := w.input(desired...)
	in.Mode, in.Backup = plan.Restore, b
	return in.plan()
}

// TestRestore applies two configurations and restores what the second one replaced.
func TestRestore(t *testing.T) {
	expiring := message("a", "1", func(m *spec.Message) { m.Expiry, m.RenewBefore = 3600, time.Hour/2 })
	tests := map[string]struct {
		first, second []spec.Message
		then          func(*world)
		holds         int    // number of messages in the backup
		want, after   string // the plan that restores, and that of the configuration after it
	}{
		"updated":            {one("a", "1"), one("a", "2"), nil, 1, "~a restore; ", "~a config; "},
		"deleted":            {one("a", "1"), nil, nil, 1, "+a restore; ", "-a undeclared; "},
		"created":            {nil, one("a", "1"), nil, 0, "", ""},
		"updated, gone":      {one("a", "1"), one("a", "2"), gone("a"), 1, "+a restore; ", "~a config; "},
		"updated, changed":   {one("a", "1"), one("a", "2"), put("a", "x"), 1, "~a restore; ", "~a config; "},
		"deleted, a new one": {one("a", "1"), nil, put("a", "x"), 1, "refuse unmanaged a; ", ""},
		"deleted, back":      {one("a", "1"), nil, put("a", "1"), 1, "&a; ", "-a undeclared; "},
		"respelled": {one("a", `{"x":1}`), one("a", `{"x":2}`), put("a", `{ "x": 1}`), 1,
			"~a restore; ", "~a config; "},
		"only renewed": {[]spec.Message{expiring}, []spec.Message{expiring}, func(w *world) {}, 0, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			beside := message("beside", "1")
			w.run(t, w.plan(append(test.first, beside)...))
			if name == "only renewed" {
				w.live["a"] = mqtt.Message{Topic: "a", Payload: []byte("1"), QoS: 1, Expiry: 60}
			}
			before, p := w.clone(), w.plan(append(test.second, beside)...)
			b := w.backup(p)
			if len(b.Records) != test.holds {
				t.Fatalf("the backup holds %d messages, want %d", len(b.Records), test.holds)
			}
			w.run(t, p)
			if test.then != nil {
				test.then(w)
			}
			p = w.restore(b, append(test.second, beside)...)
			wantPlan(t, p, test.want)
			if len(p.Refusals) > 0 {
				return
			}
			w.run(t, p)
			if test.holds > 0 {
				wantEqual(t, w.live["a"], before.live["a"])
			}
			quiet(t, w.restore(b, append(test.second, beside)...))
			wantPlan(t, w.plan(append(test.second, beside)...), test.after)
		})
	}
}

func one(topic, payload string) []spec.Message { return []spec.Message{message(topic, payload)} }

// TestABackupHoldsNoSecret checks that a message is left out and counted if it was recorded
// with a sensitive part or is declared with one now.
func TestABackupHoldsNoSecret(t *testing.T) {
	secret := message("a", `{"x":1}`, func(m *spec.Message) { m.Redaction.Leaves = []string{"/x"} })
	for name, pair := range map[string][2][]spec.Message{
		"was": {{secret}, one("a", "2")}, "is": {one("a", `{"x":2}`), {secret}}, "deleted": {{secret}, nil},
	} {
		w := newWorld()
		w.run(t, w.plan(append(pair[0], message("b", "1"))...))
		if b := w.backup(w.plan(append(pair[1], message("b", "1"))...)); b.LeftOut != 1 || len(b.Records) != 0 {
			t.Errorf("%s: left out %d, holds %v", name, b.LeftOut, b.Records)
		}
	}
}

// TestABackupHoldsTheRemainingExpiry checks the expiry that a backup keeps.
func TestABackupHoldsTheRemainingExpiry(t *testing.T) {
	for name, test := range map[string]struct {
		countsDown bool
		live       uint32
		passed     time.Duration // since the publish
		later      time.Duration // from the plan to the apply
		want       uint32
	}{
		"as the broker counts it":       {true, 1000, 2600 * time.Second, 0, 1000},
		"and until it is applied":       {true, 1000, 2600 * time.Second, 400 * time.Second, 600},
		"by when it was published":      {false, 3600, 2600 * time.Second, 0, 1000},
		"somebody published it again":   {false, 3600, 3700 * time.Second, 0, 3600},
		"the clock went back":           {false, 3600, -time.Hour, 0, 3600},
		"over between plan and publish": {true, 10, 3590 * time.Second, time.Minute, 1},
	} {
		w := newWorld()
		w.countsDown = test.countsDown
		anHour := func(m *spec.Message) { m.Expiry = 3600 }
		w.run(t, w.plan(message("a", "1", anHour), message("b", "1")))
		m := w.live["a"]
		m.Expiry = test.live
		w.live["a"], w.now = m, w.now.Add(test.passed)
		p := w.plan(message("a", "2", anHour), message("b", "1"))
		w.now = w.now.Add(test.later)
		if got := w.backup(p).Records[stateKey("a")].Expiry; got != test.want {
			t.Errorf("%s: %d seconds, want %d", name, got, test.want)
		}
	}
}

// TestABackupOfAnUnmanagedMessageHoldsWhatWasRead checks that fields that a broker cannot read
// back are not taken from the declaration.
func TestABackupOfAnUnmanagedMessageHoldsWhatWasRead(t *testing.T) {
	w := newWorld()
	likeAWS(w)
	w.live["a"] = mqtt.Message{Topic: "a", Payload: []byte("theirs"), QoS: 1, ContentType: "x"}
	p := w.force([]spec.Message{message("a", "1", func(m *spec.Message) { m.ContentType, m.Expiry = "ours", 60 })})
	got := w.backup(p).Records[stateKey("a")]
	wantEqual(t, got.Message, mqtt.Message{Topic: "a", Payload: []byte("theirs"), QoS: 1})
}

// TestRestoreUndoes checks that a restore brings back every message that an apply replaced,
// byte by byte, and changes no other.
func TestRestoreUndoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.run(t, w.force(drawDeclared(t, "before")))
		if rapid.Bool().Draw(t, "meddle") {
			meddle(t, w)
		}
		before, desired := w.clone(), drawDeclared(t, "after")
		p := saved(t, w.force(desired))
		if err := p.Resolve(desired, w.prior.DigestKey); err != nil {
			t.Skip("a live secret is published, which a saved plan does not hold")
		}
		b := w.backup(p)
		w.run(t, p)
		applied := w.clone()
		p = w.restore(b, desired...)
		w.run(t, p)
		for topic, m := range w.live {
			want := applied.live[topic]
			if r, ok := b.Records[stateKey(topic)]; ok {
				want = r.Message
				if was := before.live[topic]; was.Diff(want)&before.readable&^mqtt.FieldExpiry != 0 {
					t.Fatalf("the backup of %s is not what was live: %+v, %+v", topic, want, was)
				}
			}
			if m.Diff(want) != 0 {
				t.Fatalf("%s is %+v, want %+v", topic, m, want)
			}
		}
		quiet(t, w.restore(b, desired...))
	})
}
