package server

import (
	"strings"
	"sync"
	"time"

	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// subscription is one filter that a client subscribed to.
type subscription struct {
	wire.Subscription
	id uint32 // 0: none
}

// subscriptions are those of a client, by filter. Exact topics are looked up in a map, so a publish
// does not get slower with a client that follows thousands of them.
type subscriptions struct {
	mu    sync.RWMutex
	exact map[string]subscription
	wild  map[string]subscription
}

func newSubscriptions() subscriptions {
	return subscriptions{exact: map[string]subscription{}, wild: map[string]subscription{}}
}

func (s *subscriptions) of(filter string) map[string]subscription {
	if mqtt.IsFilter(filter) {
		return s.wild
	}
	return s.exact
}

// add adds a subscription, and reports whether it replaces one of the same filter (MQTT-3.8.4-3).
func (s *subscriptions) add(sub subscription) (replaced bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.of(sub.Filter)
	_, replaced = of[sub.Filter]
	of[sub.Filter] = sub
	return replaced
}

func (s *subscriptions) remove(filter string) (found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.of(filter)
	_, found = of[filter]
	delete(of, filter)
	return found
}

// matching returns the subscriptions that a topic matches.
func (s *subscriptions) matching(topic string) []subscription {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []subscription
	if sub, ok := s.exact[topic]; ok {
		found = append(found, sub)
	}
	for filter, sub := range s.wild {
		if mqtt.Match(filter, topic) {
			found = append(found, sub)
		}
	}
	return found
}

func (s *session) subscribe(p *wire.Subscribe) {
	s.committing.Wait() // the client is to see what it published before
	ack := &wire.Suback{PacketID: p.PacketID}
	items := []item{{packet: ack}}
	for _, sub := range p.Subscriptions {
		if strings.HasPrefix(sub.Filter, "$share/") {
			ack.ReasonCodes = append(ack.ReasonCodes, wire.SharedNotSupported)
			continue
		}
		replaced := s.subs.add(subscription{sub, p.SubscriptionID})
		ack.ReasonCodes = append(ack.ReasonCodes, wire.ReasonCode(sub.QoS))
		// Retain Handling (3.8.3.1); under 3.1.1 it is 0. No Local concerns live messages and hides
		// no retained one.
		if sub.RetainHandling == 0 || sub.RetainHandling == 1 && !replaced {
			items = append(items, item{scan: &scan{subscription: subscription{sub, p.SubscriptionID}}})
		}
	}
	s.queue(items...)
}

func (s *session) unsubscribe(p *wire.Unsubscribe) {
	ack := &wire.Unsuback{PacketID: p.PacketID}
	for _, filter := range p.Filters {
		code := wire.NoSubscriptionExisted
		if s.subs.remove(filter) {
			code = wire.Success
		}
		ack.ReasonCodes = append(ack.ReasonCodes, code)
	}
	s.queue(item{packet: ack})
}

// queue queues items for a client, and disconnects one that reads far less than it is sent.
func (s *session) queue(items ...item) {
	if !s.out.add(items...) {
		s.b.log("client %q is too slow: more than %d packets wait for it", s.id, maxQueued)
		s.end(wire.QuotaExceeded)
	}
}

// fanOut sends a message to every client that subscribed to it.
func (b *Broker) fanOut(j job) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, s := range b.sessions {
		if p := s.copyOf(j); p != nil {
			s.queue(item{packet: p, queued: time.Now()})
		}
	}
}

// copyOf returns what a client gets of a live message: one copy at the highest QoS of all its
// subscriptions that match (3.3.4), or nil.
func (s *session) copyOf(j job) *wire.Publish {
	var p *wire.Publish
	for _, sub := range s.subs.matching(j.Topic) {
		if sub.NoLocal && j.from == s {
			continue // MQTT-3.8.3-3
		}
		if p == nil {
			p = &wire.Publish{Message: j.Message}
			p.Message.QoS = 0
		}
		p.Message.QoS = max(p.Message.QoS, min(sub.QoS, j.QoS))
		p.Retain = p.Retain || j.retain && sub.RetainAsPublished
		if sub.id != 0 {
			p.SubscriptionIDs = append(p.SubscriptionIDs, sub.id)
		}
	}
	return p
}

// scan is the delivery of the retained messages to a new subscription.
type scan struct {
	subscription
	after string // the last topic that was read
	sent  int
}

// scanPage is how many retained messages are read at once. They wait in memory, and what is
// published meanwhile is sent after them.
const scanPage = 256

// versionTopic is the topic of the broker's version, as on mosquitto. No client may publish to it
// (see Denied).
const versionTopic = "$SYS/broker/version"

// advance reads the next page of a scan into the outbox.
func (s *session) advance(sc *scan) {
	entries, next, err := s.b.store.MatchPage(sc.Filter, sc.after, scanPage)
	if sc.after == "" && s.b.o.Version != "" && mqtt.Match(sc.Filter, versionTopic) {
		entries = append(entries, store.Entry{Message: mqtt.Message{Topic: versionTopic, Payload: []byte(s.b.o.Version)}})
	}
	if err != nil {
		// No answer is better than one that lacks a message.
		s.b.log("client %q: %v", s.id, err)
		s.end(wire.ImplementationError)
		next = ""
	}
	sc.after = next
	var page []item
	now := time.Now()
	for _, e := range entries {
		if s.b.loses(sc) {
			continue
		}
		p := &wire.Publish{Message: e.Message, Retain: true}
		p.Message.QoS = min(e.QoS, sc.QoS) // MQTT-3.8.4-8
		if sc.id != 0 {
			p.SubscriptionIDs = []uint32{sc.id}
		}
		page = append(page, item{packet: p, queued: now})
	}
	s.out.read(page, next != "")
}

// loses reports whether a retained message is lost, as the faults say.
func (b *Broker) loses(sc *scan) bool {
	sc.sent++
	f := b.o.Faults
	return f.DropEvery > 0 && b.scanned.Add(1)%int64(f.DropEvery) == 0 ||
		f.TruncateWildcard != 0 && mqtt.IsFilter(sc.Filter) && sc.sent > f.TruncateWildcard
}
