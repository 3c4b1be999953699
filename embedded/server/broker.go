// Package server serves the embedded broker to other programs: MQTT 3.1.1 and 5
// on one port, and the AWS IoT data plane over HTTP, on one store.
//
// It is for rehearsing a fleet change and for tests: small, and strict about rules that real
// brokers are lax about. It never drops a retained message on its way to a subscriber, and it
// acknowledges a retained publish when it is on the disk. Sessions end with their connections.
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

// Reasons why a publish is refused.
var (
	ErrDenied = errors.New("not authorized")
	ErrRate   = errors.New("the publish rate is exceeded")
	ErrQuota  = errors.New("the quota of retained messages is exceeded")
	ErrClosed = errors.New("the broker is shutting down")
)

// Options configure a broker.
type Options struct {
	Store *store.Store
	// Deny contains topic filters. A publish to a topic that matches one is refused.
	Deny []string
	// PublishRate is how many publishes a second are accepted from all clients together; 0 sets no
	// limit.
	PublishRate float64
	// Quota is how many messages are retained at most; 0 sets no limit.
	Quota int
	// Username and Password, if set, are required of MQTT clients.
	Username, Password string
	// MaxPacket is the length in bytes of the longest packet that is accepted; 0 means 16 MiB.
	MaxPacket uint32
	// Version is the message at $SYS/broker/version, by which clients recognise brokers; "" leaves
	// the topic empty.
	Version string
	// Log is called with information about connections. It may be nil.
	Log func(format string, args ...any)
	// Faults make the broker misbehave as real brokers do.
	Faults Faults
}

// Faults are misbehaviours that were seen on real brokers, for tests of clients. The zero value has
// none.
type Faults struct {
	DropEvery        int  // lose every n-th retained message on its way to a subscriber
	TruncateWildcard int  // a wildcard subscription gets this many retained messages; -1: none
	AckDenied        bool // acknowledge denied publishes with success, and drop them
	AckUnstored      bool // acknowledge every retained publish with success, and drop it
	ReceiveMaximum   int  // the Receive Maximum in CONNACK, instead of the default
	CloseAfter       int  // close each connection at its n-th packet
}

// Broker is a broker, which all its ports publish to and read from.
type Broker struct {
	o     Options
	store *store.Store
	rate  *rate.Limiter
	queue chan job
	ended chan struct{} // closed when nothing more is committed

	gate   sync.RWMutex // held by senders to queue
	closed bool

	scanned  atomic.Int64 // number of retained messages sent; see Faults.DropEvery
	mu       sync.RWMutex
	sessions map[string]*session // by client id
}

// New starts a broker on an open store. Close stops it and leaves the store open.
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

// Close stops the broker once everything that it has accepted is stored.
func (b *Broker) Close() {
	b.gate.Lock()
	if !b.closed {
		b.closed = true
		close(b.queue)
	}
	b.gate.Unlock()
	<-b.ended
}

// Publish stores m if it is to be retained, sends it to the live subscribers, and returns once it
// is on the disk. The error may wrap ErrDenied, ErrRate or ErrQuota.
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

// job is a publish in progress. done is called once, from any goroutine.
type job struct {
	mqtt.Message
	retain bool
	from   *session // for No Local; nil if it came through another port
	done   func(error)
}

// submit checks a publish and queues it. It blocks while the disk is behind.
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

// admits reports whether a client's credentials are right. It takes constant time, so that the time
// reveals nothing about them.
func (b *Broker) admits(username string, password []byte) bool {
	if b.o.Username == "" && b.o.Password == "" {
		return true
	}
	user := subtle.ConstantTimeCompare([]byte(username), []byte(b.o.Username))
	pass := subtle.ConstantTimeCompare(password, []byte(b.o.Password))
	return user&pass == 1
}
