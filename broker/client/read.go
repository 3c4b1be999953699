package client

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

const (
	// batchesOpen times Options.BatchTopics is the number of outstanding topics: mosquitto queues
	// 1,000 messages for a client and drops the rest. Several batches in flight hide the round
	// trips.
	batchesOpen = 4
	// subscriptionBytes is what a filter adds to a SUBSCRIBE in addition to its own bytes, and
	// packetBytes the size of the rest of the packet.
	subscriptionBytes = 3
	packetBytes       = 16
)

// Read determines every topic by a subscription to exactly that topic at QoS 0. A topic is live if
// a message with RETAIN set came. It is absent if it was asked for twice, the broker granted both
// subscriptions and answered the PINGREQs after them, and then a quiet period brought nothing (see
// Patience). Otherwise it is unread.
//
// The error is that of ctx, after which the connection cannot be used, or that of
// a broker that retains nothing: its silence would read as "absent" for every
// topic.
func (c *Client) Read(ctx context.Context, topics []string) (mqtt.Observation, error) {
	if err := c.retains(); err != nil {
		return mqtt.Observation{}, err
	}
	c.call.Lock()
	defer c.call.Unlock()
	topics = distinct(topics)
	r := newReading(c, len(topics))
	for len(topics) > 0 {
		group := topics[:min(len(topics), c.o.GroupTopics)]
		if err := r.group(ctx, group); err != nil {
			if ctx.Err() != nil {
				c.fail(ctx.Err())
				return r.obs, ctx.Err()
			}
			r.unread(topics, err)
			break
		}
		topics = topics[len(group):]
	}
	return r.obs, nil
}

// Peek returns the message at topic if the broker shows it at once. It is for optional information:
// if nothing came, that proves nothing.
func (c *Client) Peek(ctx context.Context, topic string) (m mqtt.Message, ok bool) {
	c.call.Lock()
	defer c.call.Unlock()
	r := newReading(c, 1)
	topics := r.begin([]string{topic})
	if err := r.round(ctx, topics); err != nil {
		return m, false
	}
	seen, ok := r.obs.Live[topic]
	return seen.Message, r.end(ctx, topics) == nil && ok
}

// Patience sets Quiet and LateQuiet once the kind of the broker is known. Zero leaves a value
// unchanged. A negative Quiet means that the PINGRESP after a SUBSCRIBE comes after every retained
// message, so that no quiet period is needed. A broker that is seen to do otherwise loses that
// trust.
func (c *Client) Patience(quiet, late time.Duration) {
	c.call.Lock()
	defer c.call.Unlock()
	c.quiet, c.late = max(0, cmp.Or(quiet, c.quiet)), cmp.Or(late, c.late)
}

func newReading(c *Client, n int) *reading {
	r := &reading{c: c, doubt: 1, cleared: make(map[string]bool), obs: mqtt.Observation{
		Live: make(map[string]mqtt.Retained, n), Unread: make(map[string]error),
	}}
	r.within(c.readingTime(n))
	return r
}

// within sets how long the reading may take as a whole.
func (r *reading) within(d time.Duration) { r.allowed, r.deadline = d, time.Now().Add(d) }

func distinct(topics []string) []string {
	seen := make(map[string]bool, len(topics))
	var list []string
	for _, t := range topics {
		if !seen[t] {
			seen[t] = true
			list = append(list, t)
		}
	}
	return list
}

// reading is the state of one call of Read or Scan.
type reading struct {
	c       *Client
	obs     mqtt.Observation
	asked   map[string]bool // the topics of the group
	filters []string        // of a scan
	missed  map[string]bool // topics whose batch closed without a message
	late    []string        // of these, the topics whose message came all the same
	cleared map[string]bool // topics whose message was deleted after it came
	doubt   int             // number of rounds without a message that make a topic absent
	last    time.Time       // when something awaited last came
	unsubs  map[uint16]bool // UNSUBSCRIBEs without an answer
	probe   probe
	replies []byte

	news     int // number of messages that were new
	bytes    int // about what the live messages take
	allowed  time.Duration
	deadline time.Time
}

// batch is one SUBSCRIBE with the PINGREQ after it.
type batch struct {
	id     uint16
	ping   uint64
	topics []string
	acked  bool
}

// unread marks the topics that were not seen as unread.
func (r *reading) unread(topics []string, err error) {
	for _, t := range topics {
		if _, live := r.obs.Live[t]; !live && r.obs.Unread[t] == nil {
			r.obs.Unread[t] = err
		}
	}
}

// group reads up to GroupTopics topics. It repeats the round until one brings no new message, or
// until two do once the broker was seen to lose a message.
func (r *reading) group(ctx context.Context, topics []string) error {
	left := r.begin(topics)
	for asked, vain := 0, 0; len(left) > 0 && vain < r.doubt; asked++ {
		before := len(left)
		if err := r.round(ctx, left); err != nil {
			return err
		}
		if left = r.missing(left); len(left) > 0 {
			if err := r.silence(ctx); err != nil {
				return err
			}
			left = r.missing(left)
		}
		switch {
		case asked == 0:
		case len(left) < before:
			r.doubt, vain = 2, 0
		default:
			vain++
		}
	}
	return r.end(ctx, topics)
}

// begin starts a group with these topics, and returns them.
func (r *reading) begin(topics []string) []string {
	r.asked, r.missed, r.unsubs, r.probe = make(map[string]bool, len(topics)), make(map[string]bool), make(map[uint16]bool), probe{}
	r.late = nil
	for _, t := range topics {
		r.asked[t] = true
	}
	return topics
}

// end unsubscribes from the topics from which closeBatch did not.
func (r *reading) end(ctx context.Context, topics []string) error {
	if err := r.unsubscribe(append(r.missing(topics), r.late...)); err != nil {
		return err
	}
	return r.until(ctx, "UNSUBACK", func() bool { return len(r.unsubs) == 0 })
}

// missing returns the topics that are neither live nor refused.
func (r *reading) missing(topics []string) []string {
	var list []string
	for _, t := range topics {
		if _, live := r.obs.Live[t]; !live && r.obs.Unread[t] == nil {
			list = append(list, t)
		}
	}
	return list
}

// round asks for the topics once, in paced batches.
func (r *reading) round(ctx context.Context, topics []string) error {
	var open []*batch
	for len(topics) > 0 || len(open) > 0 {
		for len(topics) > 0 && len(open) < batchesOpen {
			n := r.c.fitting(topics)
			if n == 0 {
				r.obs.Unread[topics[0]] = errors.New("the topic is longer than the packets that the broker takes")
				topics = topics[1:]
				continue
			}
			b, err := r.subscribe(topics[:n])
			if err != nil {
				return err
			}
			open, topics = append(open, b), topics[n:]
		}
		if len(open) == 0 {
			return nil
		}
		if err := r.take(ctx, "SUBACK or PINGRESP", open); err != nil {
			return err
		}
		for len(open) > 0 && open[0].acked && open[0].ping <= r.c.pongs && !r.doubted() {
			if err := r.closeBatch(open[0]); err != nil {
				return err
			}
			open = open[1:]
		}
	}
	return nil
}

// fitting returns how many of the topics fit in the next batch.
func (c *Client) fitting(topics []string) int {
	size := packetBytes
	for i, t := range topics {
		size += len(t) + subscriptionBytes
		if i == c.o.BatchTopics || c.MaximumPacketSize() > 0 && size > c.MaximumPacketSize() {
			return i
		}
	}
	return len(topics)
}

// subscribe asks for retained messages (Retain Handling 0). RETAIN is kept on messages that are
// published meanwhile, which distinguishes retained from passing ones. No Local is off: with it
// mochi and NanoMQ withhold what we published ourselves.
func (r *reading) subscribe(topics []string) (*batch, error) {
	b := &batch{id: r.c.nextID(), topics: topics}
	s := &wire.Subscribe{PacketID: b.id, Subscriptions: make([]wire.Subscription, len(topics))}
	for i, t := range topics {
		s.Subscriptions[i] = wire.Subscription{Filter: t, RetainAsPublished: true}
		delete(r.missed, t)
	}
	var err error
	b.ping, err = r.c.send(s, &wire.Pingreq{})
	r.last = time.Now()
	return b, err
}

// closeBatch notes the topics without a message, and unsubscribes from the others, so that the
// traffic of a busy topic takes no room in the broker's queue.
func (r *reading) closeBatch(b *batch) error {
	var seen []string
	for _, t := range b.topics {
		if _, live := r.obs.Live[t]; live || r.isLong(t) {
			seen = append(seen, t)
		} else if r.obs.Unread[t] == nil {
			r.missed[t] = true
		}
	}
	return r.unsubscribe(seen)
}

func (r *reading) unsubscribe(topics []string) error {
	for len(topics) > 0 {
		n := r.c.fitting(topics)
		id := r.c.nextID()
		if _, err := r.c.send(&wire.Unsubscribe{PacketID: id, Filters: topics[:n]}); err != nil {
			return err
		}
		r.unsubs[id] = true
		r.last = time.Now()
		topics = topics[n:]
	}
	return nil
}

// silence waits until no missing topic has come for the quiet period, or none is missing any more.
func (r *reading) silence(ctx context.Context) error {
	for r.last = time.Now(); len(r.missed) > 0 && time.Since(r.last) < r.c.quiet; {
		packets, err := r.wait(ctx, r.last.Add(r.c.quiet))
		if err == nil {
			err = r.handle(packets, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
