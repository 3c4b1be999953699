// Package server serves the embedded broker to other programs: MQTT 3.1.1 and 5
// on one port, and the AWS IoT data plane over HTTP, on one store.
//
// It is the playground that a fleet change is rehearsed on, and the double that
// tests run against: small, and strict where real brokers are lax. It never
// drops a retained message on its way to a subscriber, and it acknowledges a
// retained publish when it is on the disk. Sessions end with their connections.
package server

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"golang.org/x/time/rate"

	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
)

// Why a publish is refused.
var (
	ErrDenied = errors.New("not authorized")
	ErrRate   = errors.New("the publish rate is exceeded")
	ErrQuota  = errors.New("the quota of retained messages is exceeded")
	ErrClosed = errors.New("the broker is shutting down")
)

// Options are what a broker can be set to.
type Options struct {
	Store *store.Store
	// Deny are topic filters; a publish to a topic that matches one is refused.
	Deny []string
	// PublishRate is how many publishes a second are taken from all clients
	// together; 0 sets no limit.
	PublishRate float64
	// Quota is how many messages are retained at most; 0 sets no limit.
	Quota int
	// Username and Password must be given by MQTT clients, where set.
	Username, Password string
	// MaxPacket is the longest packet that is taken; 0 is 16 MiB.
	MaxPacket uint32
	// Version is what stands at $SYS/broker/version, by which clients tell brokers
	// apart; "" leaves the topic empty.
	Version string
	// Log receives what is worth knowing about connections. It may be nil.
	Log func(format string, args ...any)
	// Faults make it misbehave as real brokers do.
	Faults Faults
}

// Faults are misbehaviours that were seen on real brokers, for tests of what
// talks to them. The zero value is a broker that does right.
type Faults struct {
	DropEvery        int  // loses every n-th retained message on its way to a subscriber
	TruncateWildcard int  // a wildcard subscription gets so many retained messages; -1: none
	AckDenied        bool // acknowledges what is denied with success, and drops it
	AckUnstored      bool // acknowledges every retained publish with success, and drops it
	ReceiveMaximum   int  // what CONNACK announces instead of the default
	CloseAfter       int  // closes each connection at its n-th packet
}

// Broker is one broker: what every port of it publishes to and reads from.
type Broker struct {
	o     Options
	store *store.Store
	rate  *rate.Limiter
	queue chan job
	ended chan struct{} // nothing is committed any more

	gate   sync.RWMutex // held by those who send to queue
	closed bool

	scanned  atomic.Int64 // retained messages on their way; see Faults.DropEvery
	mu       sync.RWMutex
	sessions map[string]*session // by client id
}

// New starts a broker on an open store. Close ends it; the store stays open.
func New(o Options) *Broker {
	b := &Broker{
		o: o, store: o.Store,
		queue: make(chan job, maxBatch), ended: make(chan struct{}),
		sessions: map[string]*session{},
	}
	if o.PublishRate > 0 {
		b.rate = rate.NewLimiter(rate.Limit(o.PublishRate), max(1, int(o.PublishRate)))
	}
	go b.commitAll()
	return b
}

// Close ends the broker once what it has taken is stored.
func (b *Broker) Close() {
	b.gate.Lock()
	if !b.closed {
		b.closed = true
		close(b.queue)
	}
	b.gate.Unlock()
	<-b.ended
}

// Publish stores m where it is to be retained, hands it to the live subscribers,
// and returns once it is on the disk. It fails with ErrDenied, ErrRate or
// ErrQuota, which errors.Is tells apart.
func (b *Broker) Publish(ctx context.Context, m mqtt.Message, retain bool) error {
	result := make(chan error, 1)
	b.submit(job{Message: m, retain: retain, done: func(err error) { result <- err }})
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Denied reports whether publishes to a topic are refused.
func (b *Broker) Denied(topic string) bool {
	for _, filter := range b.o.Deny {
		if mqtt.Match(filter, topic) {
			return true
		}
	}
	return len(topic) > 0 && topic[0] == '$'
}

// job is a publish on its way. done is called once, from any goroutine.
type job struct {
	mqtt.Message
	retain bool
	from   *session // for No Local; nil where it came by another port
	done   func(error)
}

// submit checks a publish and queues it; it blocks while the disk is behind.
func (b *Broker) submit(j job) {
	switch {
	case b.Denied(j.Topic) && b.o.Faults.AckDenied:
		j.done(nil)
		return
	case b.Denied(j.Topic):
		j.done(fmt.Errorf("%w to publish to %q", ErrDenied, j.Topic))
		return
	case b.rate != nil && !b.rate.Allow():
		j.done(fmt.Errorf("%w: %g a second", ErrRate, b.o.PublishRate))
		return
	}
	b.gate.RLock()
	defer b.gate.RUnlock()
	if b.closed {
		j.done(ErrClosed)
		return
	}
	b.queue <- j
}

func (b *Broker) log(format string, args ...any) {
	if b.o.Log != nil {
		b.o.Log(format, args...)
	}
}

// admits checks a client's credentials, in a time that tells nothing of them.
func (b *Broker) admits(username string, password []byte) bool {
	if b.o.Username == "" && b.o.Password == "" {
		return true
	}
	user := subtle.ConstantTimeCompare([]byte(username), []byte(b.o.Username))
	pass := subtle.ConstantTimeCompare(password, []byte(b.o.Password))
	return user&pass == 1
}
