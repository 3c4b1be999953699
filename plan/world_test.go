package plan_test

import (
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/mqtttest"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/state"
)

const identity = state.Identity("mqtt:broker.lab:1883")

var (
	start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	key32 = []byte("0123456789abcdef0123456789abcdef")
)

// world is one broker in a map, with a state: enough to plan and apply.
type world struct {
	readable   mqtt.Fields
	countsDown bool
	live       mqtttest.Retained
	prior      *state.Snapshot
	now        time.Time
	device     func() // writes what it may, at any time; nil if there is none
}

// between lets the device write.
func (w *world) between() {
	if w.device != nil {
		w.device()
	}
}

func newWorld() *world {
	return &world{
		readable: mqtt.AllFields &^ mqtt.FieldQoS, countsDown: true, now: start,
		live: mqtttest.Retained{}, prior: newState(),
	}
}

func newState() *state.Snapshot {
	return (&state.Snapshot{Lineage: "l", Serial: 1, DigestKey: key32}).Clone()
}

func (w *world) clone() *world {
	c := *w
	c.live = maps.Clone(w.live)
	if w.prior != nil {
		c.prior = w.prior.Clone()
	}
	return &c
}

// observation returns what a read shows. Fields that cannot be read are zero.
func (w *world) observation() plan.Observation {
	return plan.Observation{Observation: w.live.Read(maps.Keys(w.live), w.readable)}
}

// input is everything that a plan is made from.
type input struct {
	plan.Input
	observed plan.Observation
	now      time.Time
}

func (in *input) plan() *plan.Plan {
	return plan.Begin(in.Input).Finish(map[state.Identity]plan.Observation{identity: in.observed}, in.now)
}

// topics returns the topics that the plan reads.
func (in *input) topics() []string { return plan.Begin(in.Input).Readings()[0].Topics }

func (w *world) input(desired ...spec.Message) input {
	return input{
		Input: plan.Input{
			Desired: desired, Prior: w.prior, Refreshed: true,
			Brokers: []plan.Broker{{Name: "lab", Type: "mqtt", Identity: identity, Capabilities: w.capabilities()}},
		},
		observed: w.observation(), now: w.now,
	}
}

func (w *world) plan(desired ...spec.Message) *plan.Plan {
	in := w.input(desired...)
	return in.plan()
}

// offline plans from the state alone.
func (w *world) offline(desired ...spec.Message) *plan.Plan {
	in := w.input(desired...)
	in.Refreshed, in.observed = false, plan.Observation{}
	return in.plan()
}

// begin writes what apply writes before its first publish.
func (w *world) begin(p *plan.Plan) {
	if w.prior == nil {
		w.prior = newState()
		p.Rekey(w.prior.DigestKey)
	}
	w.prior = w.prior.Clone()
	for _, list := range [][]plan.Change{p.StateOnly, p.Drift} {
		for i := range list {
			w.record(&list[i])
		}
	}
	for i := range p.Changes {
		if _, publishes := p.Changes[i].Publish(); publishes {
			w.prior.Pending[p.Changes[i].Key] = p.Changes[i].Pending()
		}
	}
	w.prior.Serial++
}

// carry takes the ignored parts from a new read, as apply does just before it publishes.
func (w *world) carry(c *plan.Change) {
	if live, there := w.observation().Live[c.Key.Topic]; there {
		comparer := plan.Comparer{Capabilities: w.capabilities()}
		if w.prior != nil {
			comparer.Key = w.prior.DigestKey
		}
		c.Carry(live, comparer)
	}
}

func (w *world) publish(c *plan.Change) {
	if m, publishes := c.Publish(); publishes {
		w.live.Publish(m)
	}
}

func (w *world) record(c *plan.Change) {
	delete(w.prior.Pending, c.Key)
	delete(w.prior.Records, c.Key)
	if r := c.Record(); r != nil {
		w.prior.Records[c.Key] = *r
	}
}

// run applies a whole plan, and checks each change against new reads as apply does.
func (w *world) run(t fataler, p *plan.Plan) {
	t.Helper()
	w.begin(p)
	comparer := w.comparer()
	for i := range p.Changes {
		c := &p.Changes[i]
		w.between()
		if live, there := w.observation().Live[c.Key.Topic]; !c.MatchesBefore(live, there, comparer) {
			t.Fatalf("%s %s: the live message is not the one that was planned on: %+v", string(c.Action), c.Key.Topic, live)
		}
		w.between()
		w.carry(c)
		w.publish(c)
		w.between()
		live, there := w.observation().Live[c.Key.Topic]
		if _, publishes := c.Publish(); publishes && !c.MatchesAfter(live, there, comparer) {
			t.Fatalf("%s %s: what was published is not read back: %+v", string(c.Action), c.Key.Topic, live)
		}
		w.record(c)
	}
	w.prior.Serial++
}

// runUnchecked applies a whole plan without reading.
func (w *world) runUnchecked(p *plan.Plan) {
	w.begin(p)
	for i := range p.Changes {
		w.publish(&p.Changes[i])
		w.record(&p.Changes[i])
	}
}

func (w *world) capabilities() mqtt.Capabilities {
	return mqtt.Capabilities{Readable: w.readable, ExpiryCountsDown: w.countsDown}
}

func (w *world) comparer() plan.Comparer {
	return plan.Comparer{Capabilities: w.capabilities(), Key: w.prior.DigestKey}
}

type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// quiet fails the test unless a plan has no changes, refusals or state-only changes.
func quiet(t fataler, p *plan.Plan) {
	t.Helper()
	if p.HasChanges() || len(p.Refusals) > 0 || len(p.StateOnly) > 0 {
		t.Fatalf("something is left to do: %s", describe(p))
	}
}

// describe returns a plan as a short text, for comparison in tables.
func describe(p *plan.Plan) string {
	var s string
	for i := range p.Changes {
		c := &p.Changes[i]
		s += string(c.Action) + c.Key.Topic
		for _, r := range c.Reasons {
			s += " " + string(r)
		}
		s += "; "
	}
	for i := range p.Drift {
		c := &p.Drift[i]
		s += "drift " + c.Key.Topic
		for _, r := range c.Reasons {
			s += " " + string(r)
		}
		if c.After == nil {
			s += " gone"
		}
		s += "; "
	}
	for i := range p.StateOnly {
		c := &p.StateOnly[i]
		s += "keep " + c.Key.Topic
		if c.Record() == nil {
			s += " dropped"
		}
		s += "; "
	}
	for _, r := range p.Refusals {
		s += "refuse " + string(r.Kind)
		for _, topic := range r.Topics {
			s += " " + topic.Key.Topic
		}
		s += "; "
	}
	return s
}

// message returns the declaration of a topic, with the topic as the label of its block.
func message(topic, payload string, edit ...func(*spec.Message)) spec.Message {
	m := spec.Message{
		Message: mqtt.Message{Topic: topic, Payload: []byte(payload), QoS: 1},
		Address: addrs.Message(topic, cty.NilVal), Name: topic, Broker: "lab", OnDestroy: "delete",
	}
	for _, f := range edit {
		f(&m)
	}
	return m
}

func wantEqual(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// fleet returns n declarations.
func fleet(n int) []spec.Message {
	found := make([]spec.Message, n)
	for i := range found {
		id := strconv.Itoa(i)
		found[i] = message("fleet/"+id+"/config", `{"id":`+id+`,"setpoint":21.5,"unit":"C","site":"attic"}`)
	}
	return found
}

func stateKey(topic string) state.Key { return state.Key{Broker: identity, Topic: topic} }

func wantPlan(t *testing.T, p *plan.Plan, want string) {
	t.Helper()
	if diff := cmp.Diff(want, describe(p)); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}
