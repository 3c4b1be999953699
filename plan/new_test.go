package plan_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

func expiry(seconds uint32, renew time.Duration) func(*spec.Message) {
	return func(m *spec.Message) { m.Expiry, m.RenewBefore = seconds, renew }
}

func forget(m *spec.Message)  { m.OnDestroy = "forget" }
func prevent(m *spec.Message) { m.PreventDestroy = true }
func secret(m *spec.Message)  { m.Redaction.Fields = mqtt.FieldPayload }

// TestNew has a row for each combination of action and reason.
func TestNew(t *testing.T) {
	one := []spec.Message{message("a", "1")}
	two := []spec.Message{message("a", "2")}
	tests := map[string]struct {
		recorded []spec.Message // applied first
		then     func(*world)   // changes what is live
		desired  []spec.Message
		ask      func(*input)
		want     string
	}{
		"new":   {desired: one, want: "+a new; "},
		"no-op": {recorded: one, desired: one},
		"gone":  {recorded: one, then: gone("a"), desired: one, want: "+a drift; "},
		"expired": {
			recorded: []spec.Message{message("a", "1", expiry(60, 0))}, desired: []spec.Message{message("a", "1", expiry(60, 0))},
			then: func(w *world) { delete(w.live, "a"); w.now = start.Add(time.Minute) }, want: "+a expired; ",
		},
		"config":              {recorded: one, desired: two, want: "~a config; "},
		"drift":               {recorded: one, then: put("a", "x"), desired: one, want: "~a drift; "},
		"config and drift":    {recorded: one, then: put("a", "x"), desired: two, want: "~a config drift; "},
		"fixed by hand":       {recorded: one, then: put("a", "2"), desired: two, want: "keep a; "},
		"unmanaged":           {then: put("a", "x"), desired: one, want: "refuse unmanaged a; "},
		"overwrite unmanaged": {then: put("a", "x"), desired: one, ask: func(in *input) { in.OverwriteUnmanaged = true }, want: "~a unmanaged; "},
		"overwrite by topic": {then: then(put("a", "x"), put("b", "x")), desired: []spec.Message{message("a", "1"), message("b", "1")},
			ask: overwrite(plan.Selector{Filter: "a"}), want: "~a unmanaged; refuse unmanaged b; "},
		"overwrite by address": {then: then(put("a", "x"), put("b", "x")), desired: []spec.Message{message("a", "1"), message("b", "1")},
			ask: overwrite(plan.Selector{Address: "message.b"}), want: "~b unmanaged; refuse unmanaged a; "},
		"overwrite elsewhere": {then: put("a", "x"), desired: one, ask: overwrite(plan.Selector{Filter: "b/#"}), want: "refuse unmanaged a; "},
		"import":              {then: put("a", "1"), desired: one, want: "&a; "},
		"expiring": {
			recorded: []spec.Message{message("a", "1", expiry(100, time.Minute))}, desired: []spec.Message{message("a", "1", expiry(100, time.Minute))},
			then: countDown("a", 59), want: "~a expiring; ",
		},
		"not expiring yet": {
			recorded: []spec.Message{message("a", "1", expiry(100, time.Minute))}, desired: []spec.Message{message("a", "1", expiry(100, time.Minute))},
			then: countDown("a", 60),
		},
		"longer expiry": {
			recorded: []spec.Message{message("a", "1", expiry(100, 0))}, desired: []spec.Message{message("a", "1", expiry(200, 0))},
			then: countDown("a", 60), want: "~a config; ",
		},
		"expiry removed by somebody": {
			recorded: []spec.Message{message("a", "1", expiry(100, 0))}, desired: []spec.Message{message("a", "1", expiry(100, 0))},
			then: countDown("a", 0), want: "~a drift; ",
		},
		"republish":              {recorded: one, desired: one, ask: func(in *input) { in.Republish = []plan.Selector{{Filter: "#"}} }, want: "~a republish; "},
		"republish what differs": {recorded: one, desired: two, ask: func(in *input) { in.Republish = []plan.Selector{{Filter: "#"}} }, want: "~a config; "},
		"undeclared":             {recorded: one, desired: []spec.Message{message("b", "1")}, want: "-a undeclared; +b new; "},
		"undeclared and gone":    {recorded: one, then: gone("a"), desired: []spec.Message{message("b", "1")}, want: "+b new; keep a dropped; "},
		"undeclared, forget":     {recorded: []spec.Message{message("a", "1", forget)}, desired: []spec.Message{message("b", "1")}, want: ".a undeclared; +b new; "},
		"undeclared, prevented":  {recorded: []spec.Message{message("a", "1", prevent)}, desired: []spec.Message{message("b", "1")}, want: "+b new; refuse prevent_destroy a; "},
		"untracked":              {recorded: one, then: put("z", "1"), desired: one},
		"destroy":                {recorded: one, then: put("z", "1"), desired: one, ask: destroy, want: "-a destroy; "},
		"destroy, gone":          {recorded: one, then: gone("a"), desired: one, ask: destroy, want: "keep a dropped; "},
		"destroy, forget":        {recorded: one, desired: []spec.Message{message("a", "1", forget)}, ask: destroy, want: ".a destroy; "},
		"destroy, prevented":     {recorded: one, desired: []spec.Message{message("a", "1", prevent)}, ask: destroy, want: "refuse prevent_destroy a; "},
		"destroy, prevented until now": {
			recorded: []spec.Message{message("a", "1", prevent)}, desired: one, ask: destroy, want: "-a destroy; ",
		},
		"destroy, unmanaged": {then: put("a", "1"), desired: one, ask: destroy},
		"renamed":            {recorded: one, desired: []spec.Message{message("a", "1", func(m *spec.Message) { m.Address = "message.other" })}, want: "keep a; "},
		"moved":              {recorded: one, desired: []spec.Message{message("b", "1", func(m *spec.Message) { m.Address = "message.a" })}, want: "-a undeclared; +b new; "},
		"cosmetic": {
			recorded: []spec.Message{message("a", `{"x":1,"y":[2]}`)}, then: put("a", `{"y":[2.0], "x":1e0}`),
			desired: []spec.Message{message("a", `{"x":1,"y":[2]}`)}, want: "keep a; ",
		},
		"cosmetic, by bytes": {
			recorded: []spec.Message{message("a", `{"x":1}`)}, then: put("a", `{ "x":1}`),
			desired: []spec.Message{message("a", `{"x":1}`, func(m *spec.Message) { m.CompareBytes = true })}, want: "~a drift; ",
		},
		"unread": {
			recorded: one, desired: one, want: "refuse unread a; ",
			ask: func(in *input) { in.observed.Unread = map[string]error{"a": errors.New("no SUBACK")} },
		},
		"empty":        {recorded: one, want: "-a undeclared; refuse empty a; "},
		"empty, meant": {recorded: one, ask: func(in *input) { in.MaxDeletes = &spec.Threshold{Number: 100, Percent: true} }, want: "-a undeclared; "},
		"qos":          {recorded: one, then: func(w *world) { m := w.live["a"]; m.QoS = 0; w.live["a"] = m }, desired: one},
		"qos declared": {recorded: one, desired: []spec.Message{message("a", "1", func(m *spec.Message) { m.QoS = 2 })}, want: "~a config; "},
		"qos read back": {
			recorded: one, desired: one, want: "~a drift; ",
			then: func(w *world) { m := w.live["a"]; m.QoS = 0; w.live["a"] = m; w.readable = mqtt.AllFields },
		},
		"properties without order": {
			recorded: []spec.Message{message("a", "1", properties("k", "1", "l", "2"))}, desired: []spec.Message{message("a", "1", properties("l", "2", "k", "1"))},
		},
		"properties in order": {
			recorded: []spec.Message{message("a", "1", ordered("k", "1", "l", "2"))}, desired: []spec.Message{message("a", "1", ordered("l", "2", "k", "1"))},
			want: "~a config; ",
		},
		"unreadable, changed": {
			recorded: []spec.Message{message("a", "1", contentType("x"))}, then: likeAWS, desired: []spec.Message{message("a", "1", contentType("y"))}, want: "~a config; ",
		},
		"unreadable, equal": {recorded: []spec.Message{message("a", "1", contentType("x"))}, then: likeAWS, desired: []spec.Message{message("a", "1", contentType("x"))}},
		"unreadable secret, changed": {
			recorded: []spec.Message{message("a", "1", contentType("x"), hidden(mqtt.FieldContentType))}, then: likeAWS,
			desired: []spec.Message{message("a", "1", contentType("y"), hidden(mqtt.FieldContentType))}, want: "~a config; ",
		},
		"unreadable secret, equal": {
			recorded: []spec.Message{message("a", "1", contentType("x"), hidden(mqtt.FieldContentType))}, then: likeAWS,
			desired: []spec.Message{message("a", "1", contentType("x"), hidden(mqtt.FieldContentType))},
		},
		"expiring by the record": {
			recorded: []spec.Message{message("a", "1", expiry(100, time.Minute))}, desired: []spec.Message{message("a", "1", expiry(100, time.Minute))},
			then: func(w *world) { likeAWS(w); w.now = start.Add(41 * time.Second) }, want: "~a expiring; ",
		},
		"ignored leaf": {
			recorded: []spec.Message{message("a", `{"x":1,"seen":0}`, ignore("/seen"))}, then: put("a", `{"x":1,"seen":7}`),
			desired: []spec.Message{message("a", `{"x":1,"seen":0}`, ignore("/seen"))}, want: "keep a; ",
		},
		"beside an ignored leaf": {
			recorded: []spec.Message{message("a", `{"x":1,"seen":0}`, ignore("/seen"))}, then: put("a", `{"x":1,"seen":7}`),
			desired: []spec.Message{message("a", `{"x":2,"seen":0}`, ignore("/seen"))}, want: "~a config; ",
		},
		"ignored field": {
			recorded: []spec.Message{message("a", "1", contentType("x"), ignoreField(mqtt.FieldContentType))},
			then:     func(w *world) { m := w.live["a"]; m.ContentType = "z"; w.live["a"] = m },
			desired:  []spec.Message{message("a", "1", contentType("y"), ignoreField(mqtt.FieldContentType))}, want: "keep a; ",
		},
		"ignored leaf, dropped": {
			recorded: []spec.Message{message("a", `{"x":1,"sw":0}`, ignore("/sw"))}, then: put("a", `{"x":1}`),
			desired: []spec.Message{message("a", `{"x":1,"sw":0}`, ignore("/sw"))}, want: "keep a; ",
		},
		"ignored leaf, dropped with its parents": {
			recorded: []spec.Message{message("a", `{"x":1,"ch":{"1":{"sw":0}}}`, ignore("/ch/*/sw"))}, then: put("a", `{"x":1}`),
			desired: []spec.Message{message("a", `{"x":1,"ch":{"1":{"sw":0}}}`, ignore("/ch/*/sw"))}, want: "keep a; ",
		},
		"ignored leaf, dropped, without a record": {
			then: put("a", `{"x":1}`), desired: []spec.Message{message("a", `{"x":1,"sw":0}`, ignore("/sw"))}, want: "&a; ",
		},
		"ignored leaf, added, without a record": {
			then: put("a", `{"x":1,"ch":{"1":{"sw":0}}}`), desired: []spec.Message{message("a", `{"x":1}`, ignore("/ch/*/sw"))}, want: "&a; ",
		},
		"beside an ignored leaf, without a record": {
			then: put("a", `{"x":2}`), desired: []spec.Message{message("a", `{"x":1,"sw":0}`, ignore("/sw"))}, want: "refuse unmanaged a; ",
		},
		"a * is not several steps": {
			recorded: []spec.Message{message("a", `{"ch":{"1":{"sw":0}}}`, ignore("/*/sw"))}, then: put("a", `{"ch":{"1":{"sw":1}}}`),
			desired: []spec.Message{message("a", `{"ch":{"1":{"sw":0}}}`, ignore("/*/sw"))}, want: "~a drift; ",
		},
		"now secret": {recorded: one, desired: []spec.Message{message("a", "1", secret)}, want: "keep a; "},
		"target": {
			recorded: []spec.Message{message("a", "1"), message("b", "1")}, desired: []spec.Message{message("c", "1")},
			ask: func(in *input) { in.Target = []plan.Selector{{Filter: "b"}, {Address: "message.c"}} }, want: "-b undeclared; +c new; ",
		},
		"exclude": {
			recorded: []spec.Message{message("a", "1"), message("b", "1")}, desired: []spec.Message{message("c", "1")},
			ask: func(in *input) { in.Exclude = []plan.Selector{{Filter: "b"}, {Address: "message.c"}} }, want: "-a undeclared; ",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.run(t, w.plan(test.recorded...))
			if test.then != nil {
				test.then(w)
			}
			in := w.input(test.desired...)
			if test.ask != nil {
				test.ask(&in)
			}
			p := in.plan()
			wantPlan(t, p, test.want)
			wantAllowed(t, p, &in)
		})
	}
}

func overwrite(selectors ...plan.Selector) func(*input) {
	return func(in *input) { in.Overwrite = selectors }
}

func gone(topic string) func(*world) { return func(w *world) { delete(w.live, topic) } }

// put publishes a message as somebody else would.
func put(topic, payload string) func(*world) {
	return func(w *world) { w.live[topic] = mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: 1} }
}

func countDown(topic string, left uint32) func(*world) {
	return func(w *world) { m := w.live[topic]; m.Expiry = left; w.live[topic] = m }
}

// likeAWS makes the broker read back what AWS IoT Core does.
func likeAWS(w *world) {
	w.readable, w.countsDown = mqtt.FieldPayload|mqtt.FieldQoS|mqtt.FieldUserProperties, false
}

func destroy(in *input) { in.Mode = plan.DestroyAll }

func properties(pairs ...string) func(*spec.Message) {
	return func(m *spec.Message) {
		for i := 0; i < len(pairs); i += 2 {
			m.UserProperties = append(m.UserProperties, mqtt.UserProperty{Name: pairs[i], Value: pairs[i+1]})
		}
	}
}

func ordered(pairs ...string) func(*spec.Message) {
	return func(m *spec.Message) { properties(pairs...)(m); m.OrderedProperties = true }
}

func contentType(s string) func(*spec.Message) { return func(m *spec.Message) { m.ContentType = s } }

func hidden(f mqtt.Fields) func(*spec.Message) {
	return func(m *spec.Message) { m.Redaction.Fields |= f }
}

func hiddenLeaf(pointer string) func(*spec.Message) {
	return func(m *spec.Message) { m.Redaction.Leaves = []string{pointer} }
}

func ignore(pointer string) func(*spec.Message) {
	return func(m *spec.Message) { m.IgnoreLeaves = []string{pointer} }
}

func ignoreField(f mqtt.Fields) func(*spec.Message) {
	return func(m *spec.Message) { m.IgnoreFields = f }
}

// TestIgnoredIsPublishedAsLive checks that an update publishes the live value of an ignored
// leaf.
func TestIgnoredIsPublishedAsLive(t *testing.T) {
	w := newWorld()
	w.run(t, w.plan(message("a", `{"x":1,"seen":0}`)))
	put("a", `{"x":1,"seen":7}`)(w)
	w.run(t, w.plan(message("a", `{"x":2,"seen":0}`, ignore("/seen"))))
	if got, want := string(w.live["a"].Payload), `{"x":2,"seen":7}`; got != want {
		t.Errorf("published %s, want %s", got, want)
	}
	quiet(t, w.plan(message("a", `{"x":2,"seen":0}`, ignore("/seen"))))
}

// TestIgnoredSecretsStayHidden checks that a secret that somebody copied to an ignored place is
// published as it is live, and is neither shown nor recorded.
func TestIgnoredSecretsStayHidden(t *testing.T) {
	for name, test := range map[string]struct {
		live   string
		ignore func(*spec.Message)
	}{
		"leaf":    {`{"x":1,"pw":"hunter2","seen":"was hunter2"}`, ignore("/seen")},
		"inside":  {`{"x":1,"pw":"hunter2","seen":{"old":["hunter2"]}}`, ignore("/seen")},
		"payload": {`{"y":["hunter2"]}`, ignoreField(mqtt.FieldPayload)},
		"no JSON": {`hunter2`, ignoreField(mqtt.FieldPayload)},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			desired := func(x int) spec.Message {
				return message("a", fmt.Sprintf(`{"x":%d,"pw":"hunter2","seen":0}`, x), hiddenLeaf("/pw"), test.ignore, contentType(fmt.Sprint(x)))
			}
			w.run(t, w.plan(desired(1)))
			w.live["a"] = w.live["a"].With(mqtt.Message{Payload: []byte(test.live)}, mqtt.FieldPayload)
			for x := 1; x < 4; x++ {
				p := w.plan(desired(x))
				for _, c := range p.Changes {
					if shown := fmt.Sprintf("%s %s", c.Before.Payload, c.After.Payload); strings.Contains(shown, "hunter2") {
						t.Errorf("the plan shows %s", shown)
					}
				}
				w.run(t, p)
				if r := w.prior.Records[stateKey("a")]; bytes.Contains(r.Payload, []byte("hunter2")) {
					t.Errorf("the state holds %s", r.Payload)
				}
				quiet(t, w.plan(desired(x)))
				quiet(t, w.offline(desired(x)))
				if live := w.live["a"].Payload; !bytes.Contains(live, []byte("hunter2")) {
					t.Errorf("the live value is not published: %s", live)
				}
			}
		})
	}
	w := newWorld()
	put("a", `{"x":1,"pw":"hunter2","seen":"hunter2"}`)(w)
	w.run(t, w.plan(message("a", `{"x":1,"pw":"hunter2","seen":0}`, hiddenLeaf("/pw"), ignore("/seen"))))
	if r := w.prior.Records[stateKey("a")]; r.Payload == nil || bytes.Contains(r.Payload, []byte("hunter2")) {
		t.Errorf("what was adopted is recorded as %s", r.Payload)
	}
}

// TestIgnoredSecretsNeedARefresh checks that a part that is ignored, and hidden in the record,
// can be published only after it was read.
func TestIgnoredSecretsNeedARefresh(t *testing.T) {
	for name, edit := range map[string][]func(*spec.Message){
		"the leaf":    {hiddenLeaf("/wifi/psk"), ignore("/wifi/psk")},
		"within":      {hiddenLeaf("/wifi/psk"), ignore("/wifi")},
		"around":      {hiddenLeaf("/wifi"), ignore("/wifi/psk")},
		"the payload": {hiddenLeaf("/wifi"), ignoreField(mqtt.FieldPayload)},
		"all of it":   {secret, ignore("/wifi/psk")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			desired := func(x int) spec.Message {
				return message("a", `{"x":1,"wifi":{"ssid":"home","psk":"one"}}`, append(edit, contentType(fmt.Sprint(x)))...)
			}
			w.run(t, w.plan(desired(1)))
			put("a", `{"x":1,"wifi":{"ssid":"home","psk":"rotated"}}`)(w)
			w.live["a"] = w.live["a"].With(desired(1).Message, mqtt.FieldContentType)
			w.run(t, w.plan(desired(1)))
			quiet(t, w.plan(desired(1)))
			wantPlan(t, w.offline(desired(2)), "refuse unknown a; ")
			quiet(t, w.offline(desired(1)))
			w.run(t, w.plan(desired(2)))
			if live := w.live["a"].Payload; !bytes.Contains(live, []byte("rotated")) {
				t.Errorf("the live value is not published: %s", live)
			}
		})
	}
}

func TestSecretsAreNotCosmetic(t *testing.T) {
	w := newWorld()
	desired := []spec.Message{message("a", "1", secret), message("b", `{"pw":"1"}`, hiddenLeaf("/pw"))}
	w.run(t, w.plan(desired...))
	if p := w.offline(desired...); p.NoOps != 2 || p.Cosmetic != 0 {
		t.Errorf("%d no-ops, %d of them cosmetic; want 2 and 0", p.NoOps, p.Cosmetic)
	}
}

func TestCosmeticIsANoOpOffline(t *testing.T) {
	for name, hide := range map[string]func(*spec.Message){
		"plain": func(*spec.Message) {}, "secret leaf": hiddenLeaf("/x"), "secret": secret,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			desired := message("a", `{"x":1,"y":2}`, hide)
			w.run(t, w.plan(desired))
			put("a", `{"y":2, "x":1}`)(w)
			p := w.plan(desired)
			if p.Cosmetic != 1 || p.NoOps != 1 || p.HasChanges() {
				t.Fatalf("want one cosmetic no-op, got %s", describe(p))
			}
			w.run(t, p)
			quiet(t, w.plan(desired))
			quiet(t, w.offline(desired))
		})
	}
}

func TestMaxDeletes(t *testing.T) {
	tests := map[string]struct {
		recorded, deleted int
		limit             *spec.Threshold
		refused           bool
	}{
		"few managed, no limit":    {9, 8, nil, false},
		"ten managed, within 30 %": {10, 3, nil, false},
		"ten managed, beyond 30 %": {10, 4, nil, true},
		"percentage given":         {4, 2, &spec.Threshold{Number: 49, Percent: true}, true},
		"number given, within":     {20, 10, &spec.Threshold{Number: 10}, false},
		"number given, beyond":     {20, 11, &spec.Threshold{Number: 10}, true},
		"zero allows none":         {4, 1, &spec.Threshold{}, true},
		"zero allows no deletes":   {4, 0, &spec.Threshold{}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			all := fleet(test.recorded)
			w.run(t, w.plan(all...))
			in := w.input(all[test.deleted:]...)
			in.MaxDeletes = test.limit
			p := in.plan()
			if got := len(p.Blocked(false)) > 0; got != test.refused {
				t.Errorf("refused: %v, want %v (%+v)", got, test.refused, p.Deletes)
			}
			if len(p.Blocked(true)) > 0 {
				t.Errorf("max_deletes makes the plan itself fail")
			}
			in.Mode = plan.DestroyAll
			if p := in.plan(); len(p.Refusals) > 0 {
				t.Errorf("max_deletes refuses a destroy: %s", describe(p))
			}
		})
	}
}

// TestUnseen checks that a plan warns of a broker that shows nothing of what is recorded on
// it, but not of one that lost one message of two.
func TestUnseen(t *testing.T) {
	desired := []spec.Message{message("a", "1"), message("b", "1")}
	for name, test := range map[string]struct {
		gone []string
		mode plan.Mode
		want string
	}{
		"all gone":             {[]string{"a", "b"}, plan.Normal, "+a drift; +b drift; warn unseen; "},
		"one gone":             {[]string{"b"}, plan.Normal, "+b drift; "},
		"all gone, to destroy": {[]string{"a", "b"}, plan.DestroyAll, ".a drift; .b drift; warn unseen; "},
		"one gone, to destroy": {[]string{"b"}, plan.DestroyAll, "-a destroy; keep b dropped; "},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.run(t, w.plan(desired...))
			for _, topic := range test.gone {
				delete(w.live, topic)
			}
			in := w.input(desired...)
			in.Mode = test.mode
			p := in.plan()
			got := describe(p)
			for _, warning := range p.Warnings {
				got += "warn " + string(warning.Kind) + "; "
			}
			wantEqual(t, got, test.want)
		})
	}
}

func TestWarnings(t *testing.T) {
	w := newWorld()
	likeAWS(w)
	put("a", "1")(w)
	in := w.input(message("a", "1", contentType("x"), expiry(60, 0)), message("b", "1", secret))
	in.Prior = nil
	in.Exclude = []plan.Selector{{Address: "message.typo"}}
	got := map[plan.WarningKind][]string{}
	for _, warning := range in.plan().Warnings {
		got[warning.Kind] = append(warning.Fields.Names(), warning.Topics...)
	}
	want := map[plan.WarningKind][]string{
		plan.WarnTargeted: nil, plan.WarnUnmatched: {"message.typo"}, plan.WarnUnkeyed: nil,
		plan.WarnUnreadable: {"content_type", "message_expiry"},
		plan.WarnUnchecked:  {"content_type", "message_expiry", "a"},
		plan.WarnExpiring:   {"a"},
	}
	wantEqual(t, got, want)
}

func TestPendingWithoutRefresh(t *testing.T) {
	w := newWorld()
	w.prior.Pending[state.Key{Broker: identity, Topic: "a"}] = state.Pending{Before: "x"}
	p := w.offline(message("a", "1"), message("b", "1"))
	wantPlan(t, p, "+b new; refuse pending a; ")
	if len(p.Blocked(true)) != 1 {
		t.Error("a pending entry does not make a plan without a refresh fail")
	}
}

// TestAnnouncedLimits checks that a plan refuses messages that exceed what the broker announced,
// and keeps one that the broker stored before it lowered its limits.
func TestAnnouncedLimits(t *testing.T) {
	w := newWorld()
	stored := message("stored", "too long")
	w.run(t, w.plan(stored))
	in := w.input(stored, message("long", "too long"), message("short", "1"), message("twice", "1", func(m *spec.Message) { m.QoS = 2 }))
	in.Brokers[0].Limits = mqtt.Limits{Broker: "broker lab", PayloadBytes: 4, MaxQoS: 1}
	p := in.plan()
	wantPlan(t, p, "+short new; refuse limits long twice; ")
	if !p.Refusals[0].Fatal {
		t.Error("plan does not exit 1")
	}
	for i, want := range []string{"payloads of at most 4 bytes", "QoS 0 to 1, not 2"} {
		if got := p.Refusals[0].Topics[i].Cause; !strings.Contains(got, want) {
			t.Errorf("cause %q, want %q", got, want)
		}
	}
	in.Refreshed = false
	if p := in.plan(); len(p.Refusals) > 0 {
		t.Errorf("refused without a refresh: %+v", p.Refusals)
	}
}
