// Package brokertest contains the contract of targets as tests: what is published is read back as
// far as the target declares, what is not there is absent, and the failure of one message does not
// affect others.
//
// It also starts mosquitto, the reference broker of the tests.
package brokertest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/mqtttest"
)

// Outcome is the result of one case of the contract.
type Outcome struct {
	Case   string
	Tried  bool // false if there is no broker that is set up for the case
	Passed bool
	// Without lists what the target declares not to offer, and was seen to refuse.
	Without []string
}

// Open opens a target for one case.
type Open func(t *testing.T) broker.Writer

// Suite is the contract for one target, which each case opens separately. The cases may share a
// broker, because no two of them share a topic. Those that need a broker with another configuration
// are skipped if its Open is nil.
type Suite struct {
	Open   Open
	Many   int  // number of messages that are written and read back at once; 0: 2,000
	Denied Open // may read everything, but not publish below contract/denied
	Full   Open // has room for Room more messages; shared with no other case

	// Address is the broker's address, and Over opens a target for it at another address that leads
	// to it: some cases insert a proxy.
	Address string
	Over    func(t *testing.T, address string) (broker.Writer, error)
	// Announces are the addresses of brokers that are set up to announce something, by the name of
	// the case. In the other cases a proxy announces it.
	Announces map[string]string
	Stream    bool // it speaks no MQTT, and announces nothing
	OneCut    bool // it retries for a long time if every connection is cut
}

// Room is how many messages Suite.Full must have room for.
const Room = 3

// Run runs the cases of the contract that apply to every broker.
func Run(t *testing.T, open func(t *testing.T) broker.Writer) []Outcome {
	return Suite{Open: open}.Run(t)
}

// Run runs the contract and returns the outcome of each case.
func (s Suite) Run(t *testing.T) (outcomes []Outcome) {
	for _, test := range s.cases() {
		o := Outcome{Case: test.name, Tried: test.open != nil}
		if o.Tried {
			o.Passed = t.Run(test.name, func(t *testing.T) {
				o.Without = test.run(t, opened(t, test.open))
			})
		}
		outcomes = append(outcomes, o)
	}
	return outcomes
}

type suiteCase struct {
	name string
	open Open // nil if there is no broker for it
	run  func(*testing.T, broker.Writer) []string
}

func (s Suite) cases() []suiteCase {
	cases := []suiteCase{
		{"info", s.Open, info},
		{"every field", s.Open, everyField},
		{"update and delete", s.Open, updateAndDelete},
		{"absent", s.Open, absent},
		{"topics", s.Open, oddTopics},
		{"payload sizes", s.Open, payloadSizes},
		{"user properties", s.Open, userProperties},
		{"many topics", s.Open, s.manyTopics},
		{"untracked messages", s.Open, untracked},
		{"one failure", s.Open, oneFailure},
		{"cancelled", s.Open, cancelled},
		{"denied topic", s.Denied, denied},
		{"quota exceeded", s.Full, quotaExceeded},
	}
	proxied, announcing := s.Open, s.Open
	if s.Over == nil {
		proxied = nil
	}
	if s.Over == nil || s.Stream {
		announcing = nil
	}
	cases = append(cases, suiteCase{"cut anywhere", proxied, s.cutAnywhere})
	for _, a := range announcements() {
		cases = append(cases, suiteCase{a.name, announcing, a.run(s)})
	}
	return cases
}

// opened opens a target that is closed when the test ends.
func opened(t *testing.T, open Open) broker.Writer {
	w := open(t)
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return w
}

// offer publishes a batch. Messages that the target's limits forbid must be refused without harm to
// the others. It returns the others, and the limits that were met.
func offer(t *testing.T, w broker.Writer, batch ...mqtt.Message) (taken []mqtt.Message, without []string) {
	t.Helper()
	limits := w.Info().Capabilities.Limits
	for i, err := range Publish(t, t.Context(), w, batch...) {
		over := limits.Check(batch[i])
		switch {
		case len(over) > 0:
			if err == nil {
				t.Errorf("publish %.80q: taken, against the declared limit: %s", batch[i].Topic, over[0].Reason)
			}
			if said := stripped(limits, over[0]); !slices.Contains(without, said) {
				without = append(without, said)
			}
		case err != nil:
			t.Fatalf("publish %.80q: %v", batch[i].Topic, err)
		default:
			taken = append(taken, batch[i])
		}
	}
	return taken, without
}

// stripped returns a violation without details of the broker and the message.
func stripped(l mqtt.Limits, v mqtt.Violation) string {
	said, _, _ := strings.Cut(strings.TrimPrefix(v.Reason, l.Broker+" "), ", this one")
	said, _, _ = strings.Cut(said, ", not ")
	return said
}

// Publish publishes a batch and returns the outcome of each message. It fails the test if one has
// none or two.
func Publish(t testing.TB, ctx context.Context, w broker.Writer, batch ...mqtt.Message) []error {
	t.Helper()
	outcomes, calls := make([]error, len(batch)), make([]int, len(batch))
	w.Publish(ctx, batch, func(i int, err error) {
		outcomes[i] = err
		calls[i]++
	})
	for i, n := range calls {
		if n != 1 {
			t.Fatalf("done was called %d times for %q", n, batch[i].Topic)
		}
	}
	return outcomes
}

func mustPublish(t testing.TB, w broker.Writer, batch ...mqtt.Message) {
	t.Helper()
	for i, err := range Publish(t, t.Context(), w, batch...) {
		if err != nil {
			t.Fatalf("publish %.80q: %v", batch[i].Topic, err)
		}
	}
}

// Read reads topics and returns the live messages. It fails the test if a topic is unread.
func Read(t testing.TB, r broker.Reader, topics ...string) map[string]mqtt.Message {
	t.Helper()
	seen, err := r.Read(t.Context(), topics)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	for topic, err := range seen.Unread {
		t.Fatalf("read %.80q: %v (and %d more)", topic, err, len(seen.Unread)-1)
	}
	live := make(map[string]mqtt.Message, len(seen.Live))
	for topic, m := range seen.Live {
		if m.Topic != topic {
			t.Fatalf("the message at %q says that its topic is %q", topic, m.Topic)
		}
		live[topic] = m.Message
	}
	return live
}

// settles is how long a broker may take to show what it acknowledged, if it declares that its
// acknowledgement proves nothing: NATS shows a message for some milliseconds after a QoS 0 publish
// deleted it.
const settles = 5 * time.Second

// holds checks that the broker shows exactly want at want's topics and absents.
func holds(t testing.TB, w broker.Writer, want []mqtt.Message, absents ...string) {
	t.Helper()
	topics, expected := slices.Clone(absents), map[string]mqtt.Message{}
	for _, m := range want {
		topics = append(topics, m.Topic)
		expected[m.Topic] = visible(w, m)
	}
	for begin := time.Now(); ; {
		got := Read(t, w, topics...)
		for topic, m := range got {
			got[topic] = visible(w, m)
		}
		diff := cmp.Diff(expected, got, cmpopts.EquateEmpty(), wholeBytes)
		if diff == "" {
			return
		}
		if w.Info().Capabilities.AckProvesStorage || time.Since(begin) > settles {
			t.Errorf("live messages (-want +got):\n%.4000s", diff)
			return
		}
		t.Logf("not what was acknowledged; reading again:\n%.1000s", diff)
		time.Sleep(100 * time.Millisecond) // some brokers answer immediately, and each answer is logged
	}
}

// wholeBytes keeps cmp from comparing a megabyte byte by byte.
var wholeBytes = cmp.FilterValues(func(x, y []byte) bool { return len(x) > 0 && len(y) > 0 }, cmp.Comparer(bytes.Equal))

// visible returns m with the fields that can be read back. Expiry counts down, so only its presence
// is compared.
func visible(w broker.Writer, m mqtt.Message) mqtt.Message {
	c := w.Info().Capabilities
	m = m.With(mqtt.Message{}, mqtt.AllFields&^c.Readable)
	if c.ExpiryCountsDown && m.Expiry > 0 {
		m.Expiry = 1
	}
	return m
}

// sendable returns m without what the target cannot send.
func sendable(w broker.Writer, m mqtt.Message) mqtt.Message {
	return m.With(mqtt.Message{}, w.Info().Capabilities.Limits.Uncarried)
}

func info(t *testing.T, w broker.Writer) []string {
	i := w.Info()
	if kind, rest, ok := strings.Cut(i.Identity, ":"); !ok || kind == "" || rest == "" {
		t.Errorf("identity %q is not KIND:PLACE", i.Identity)
	}
	if i.Address == "" || i.Description == "" {
		t.Errorf("nothing to show to people: %+v", i)
	}
	if !i.Capabilities.Readable.Has(mqtt.FieldPayload) {
		t.Error("it cannot read payloads")
	}
	return nil
}

func everyField(t *testing.T, w broker.Writer) []string {
	all := mqtttest.Every("contract/fields/all")
	carried := sendable(w, all)
	carried.Topic = "contract/fields/carried"
	batch, without := offer(t, w,
		mqtt.Message{Topic: "contract/fields/plain", Payload: []byte("x")},
		mqtt.Message{Topic: "contract/fields/qos1", Payload: []byte("x"), QoS: 1},
		mqtt.Message{Topic: "contract/fields/qos2", Payload: []byte("x"), QoS: 2},
		mqtt.Message{Topic: "contract/fields/binary", Payload: []byte{0, 0xff, 0xfe, '\n'}, QoS: 1},
		all, carried,
	)
	holds(t, w, batch)
	for _, m := range Read(t, w, all.Topic, carried.Topic) {
		if m.Expiry > 3600 {
			t.Errorf("expiry reads %d, more than was declared", m.Expiry)
		}
	}
	c := w.Info().Capabilities
	if unread := mqtt.AllFields &^ c.Readable &^ c.Limits.Uncarried; unread != 0 {
		without = append(without, "does not read back "+strings.Join(unread.Names(), ", "))
	}
	return without
}

func updateAndDelete(t *testing.T, w broker.Writer) []string {
	first := sendable(w, mqtt.Message{Topic: "contract/update", Payload: []byte("first"), QoS: 1, UserProperties: []mqtt.UserProperty{{Name: "a", Value: "1"}}})
	other := mqtt.Message{Topic: "contract/update/below", Payload: []byte("stays"), QoS: 1}
	mustPublish(t, w, first, other)
	second := mqtt.Message{Topic: first.Topic, Payload: []byte("second"), QoS: 1}
	mustPublish(t, w, second)
	holds(t, w, []mqtt.Message{second, other})
	mustPublish(t, w, mqtt.Deletion(first.Topic, 1))
	holds(t, w, []mqtt.Message{other}, first.Topic)
	mustPublish(t, w, mqtt.Deletion(first.Topic, 1), mqtt.Deletion(other.Topic, 0))
	holds(t, w, nil, first.Topic, other.Topic)
	mustPublish(t, w, first)
	holds(t, w, []mqtt.Message{first}, other.Topic)
	return nil
}

func absent(t *testing.T, w broker.Writer) []string {
	there := mqtt.Message{Topic: "contract/absent/there", Payload: []byte("x"), QoS: 1}
	mustPublish(t, w, there)
	holds(t, w, []mqtt.Message{there}, "contract/absent", "contract/absent/there/", "contract/absent/There", "contract/absent/ther")
	if live := Read(t, w); len(live) != 0 {
		t.Errorf("reading no topics returned %v", live)
	}
	if live := Read(t, w, there.Topic, there.Topic); len(live) != 1 {
		t.Errorf("reading a topic twice returned %v", live)
	}
	return nil
}

func oddTopics(t *testing.T, w broker.Writer) []string {
	var batch []mqtt.Message
	for _, topic := range OddTopics() {
		batch = append(batch, mqtt.Message{Topic: topic, Payload: []byte("at " + topic), QoS: 1})
	}
	batch, without := offer(t, w, batch...)
	holds(t, w, batch)
	return without
}

// OddTopics are legal topics that some broker refuses.
func OddTopics() []string {
	return []string{
		"a", "contract/ü/日本/🎈", "contract/a b", "contract//double//", "contract//empty", "/contract", "contract/trailing/",
		"contract/$dollar", "contract/e\u0301", "contract/\u00e9", "contract/\u2028", "contract/\ufeff", "contract/\"quoted\"\\",
		"contract/a.b", "contract/*", "contract/>", "contract/%2F",
		"contract/" + strings.Repeat("l", 240), "contract/" + strings.Repeat("long", 1000), strings.Repeat("l", mqtt.MaxTopicBytes),
		"contract" + strings.Repeat("/l", 7), "contract" + strings.Repeat("/l", 40), "contract" + strings.Repeat("/l", 150), "contract" + strings.Repeat("/l", 250),
	}
}

// payloadSizes are the sizes around each length of the packet's length field, and one that is
// larger than any buffer.
func payloadSizes(t *testing.T, w broker.Writer) []string {
	sizes := []int{1, 2, 90, 100, 127, 128, 129, 16_300, 16_383, 16_384, 16_385, 100_000, 1 << 20}
	if most := w.Info().Capabilities.Limits.PayloadBytes; most < 2<<20 {
		sizes = append(sizes, most, most+1)
	}
	var batch []mqtt.Message
	for _, size := range sizes {
		batch = append(batch, mqtt.Message{
			Topic: fmt.Sprintf("contract/size/%d", size), QoS: mqtt.QoS(size % 2),
			Payload: bytes.Repeat([]byte{byte(size) | 1}, size),
		})
	}
	batch, without := offer(t, w, batch...)
	holds(t, w, batch)
	return without
}

func userProperties(t *testing.T, w broker.Writer) []string {
	batch, without := offer(t, w, mqtt.Message{Topic: "contract/properties", Payload: []byte("x"), QoS: 1, UserProperties: []mqtt.UserProperty{
		{Name: "z", Value: "1"}, {Name: "a", Value: "2"}, {Name: "z", Value: "1"}, {Name: "z", Value: "0"}, {Name: "ü", Value: "日本"}, {Name: "empty"},
	}})
	holds(t, w, batch)
	return without
}

// manyTopics asks for as many absent topics as live ones, but for no more than 2,000: a broker that
// searches for each of them would take a minute.
func (s Suite) manyTopics(t *testing.T, w broker.Writer) []string {
	n := max(s.Many, 2000)
	var batch []mqtt.Message
	var absents []string
	for i := range n {
		batch = append(batch, mqtt.Message{Topic: fmt.Sprintf("contract/many/%d", i), Payload: fmt.Append(nil, "message ", i), QoS: 1})
		absents = append(absents, fmt.Sprintf("contract/many/%d/not", i))
	}
	mustPublish(t, w, batch...)
	holds(t, w, batch, absents[:min(n, 2000)]...)
	for i := range batch {
		batch[i] = mqtt.Deletion(batch[i].Topic, 1)
	}
	mustPublish(t, w, batch...)
	holds(t, w, nil, batch[0].Topic, batch[n/2].Topic, batch[n-1].Topic)
	return nil
}

// oneFailure publishes a message that no broker can accept among others that every broker accepts.
func oneFailure(t *testing.T, w broker.Writer) []string {
	batch := []mqtt.Message{
		{Topic: "contract/failure/before", Payload: []byte("x"), QoS: 1},
		{Topic: "contract/failure/+", Payload: []byte("x"), QoS: 1},
		{Topic: "contract/failure/" + strings.Repeat("x", mqtt.MaxTopicBytes), Payload: []byte("x"), QoS: 1},
		{Topic: "contract/failure/after", Payload: []byte("x"), QoS: 1},
	}
	outcomes := Publish(t, t.Context(), w, batch...)
	for i, wantError := range []bool{false, true, true, false} {
		if got := outcomes[i] != nil; got != wantError {
			t.Errorf("publish %.40q: %v", batch[i].Topic, outcomes[i])
		}
	}
	holds(t, w, []mqtt.Message{batch[0], batch[3]})
	return nil
}

// cancelled checks that each message is reported as published or not: what was reported without an
// error is live.
func cancelled(t *testing.T, w broker.Writer) []string {
	ctx, cancel := context.WithCancel(t.Context())
	batch := make([]mqtt.Message, 3000)
	for i := range batch {
		batch[i] = mqtt.Message{Topic: fmt.Sprintf("contract/cancelled/%d", i), Payload: []byte("x"), QoS: 1}
	}
	stored, stopped := map[string]bool{}, 0
	begin := time.Now()
	w.Publish(ctx, batch, func(i int, err error) {
		if err != nil {
			stopped++
			return
		}
		stored[batch[i].Topic] = true
		if len(stored) == 5 {
			cancel()
		}
	})
	cancel()
	if len(stored) < 5 || len(stored)+stopped != len(batch) {
		t.Errorf("%d stored, %d not, of %d", len(stored), stopped, len(batch))
	}
	if took := time.Since(begin); took > 20*time.Second { // a busy machine
		t.Errorf("it took %s to stop", took)
	}
	live := Read(t, w, slices.Collect(maps.Keys(stored))...)
	if len(live) != len(stored) {
		t.Errorf("%d acknowledged, %d of them live", len(stored), len(live))
	}
	return nil
}
