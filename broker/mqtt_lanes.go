package broker

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/retainctl/retainctl/broker/client"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

const (
	// maxLanes is the most connections that are made if the block sets no number.
	maxLanes = 8
	// wantedRate is how many publishes per second the connections are to allow: enough for a fleet
	// of 10,000 in seconds, and not so many that they overload a broker.
	wantedRate = 5000
)

// lane is one connection, which is made again if it is lost: a message on which the broker hangs up
// does not end the rest of a run. It waits for a broker that restarts. If the broker is gone, it
// waits only once, and not again for each of the hundreds of batches that a run may have left.
type lane struct {
	dial     func(context.Context) (*client.Client, error)
	patience time.Duration
	mu       sync.Mutex
	conn     *client.Client
	gone     error // why it is not dialed any more
}

const (
	// restartTime bounds the wait for a broker that was reachable before.
	restartTime = 10 * time.Second
	redialAfter = 200 * time.Millisecond
)

// lane returns a new n-th lane, which is not connected yet. Two connections cannot share a client
// identifier: the broker would end the first for the second.
func (b *mqttBroker) lane(n int) *lane {
	id := b.options.ClientID
	if id != "" && n > 0 {
		id = fmt.Sprintf("%s-%d", id, n+1)
	}
	return &lane{
		dial:     func(ctx context.Context) (*client.Client, error) { return b.dial(ctx, id) },
		patience: min(cmp.Or(b.options.Timeout, restartTime), restartTime),
	}
}

// connection returns the open connection, or a new one.
func (l *lane) connection(ctx context.Context) (*client.Client, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone != nil {
		return nil, l.gone
	}
	if l.conn != nil {
		if l.conn.Err() == nil {
			return l.conn, nil
		}
		l.conn.Close()
	}
	c, err := l.dial(ctx)
	if l.conn != nil {
		c, err = l.redial(ctx, c, err)
	}
	if err != nil {
		return nil, err
	}
	l.conn = c
	return c, nil
}

// redial keeps trying if the first attempt to reconnect failed because nothing listens. An attempt
// that took its whole time limit is not repeated.
func (l *lane) redial(ctx context.Context, c *client.Client, err error) (*client.Client, error) {
	for end := time.Now().Add(l.patience); client.Unreachable(err) && time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(redialAfter):
		}
		c, err = l.dial(ctx)
	}
	if ctx.Err() == nil && (client.Unreachable(err) || client.Unanswered(err)) {
		l.gone = err
	}
	return c, err
}

func (l *lane) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return nil
	}
	return l.conn.Close()
}

// setPace bounds the rate at which all lanes together publish.
func (b *mqttBroker) setPace(s *spec.MQTTSettings) {
	perSecond := cmp.Or(s.Rate, b.kind.rate)
	if perSecond <= 0 {
		return
	}
	// A burst of 20 ms makes up for coarse timers, and is small enough to stay within a limit that
	// is counted per second.
	b.options.Pace.SetBurst(max(1, int(perSecond/50)))
	b.options.Pace.SetLimit(rate.Limit(perSecond))
}

// publishing returns connected lanes over which to publish n messages.
func (b *mqttBroker) publishing(ctx context.Context, n int) []*lane {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, err := b.connection(ctx)
	if err != nil {
		return b.lanes[:1] // the lane reports that for each message
	}
	if n <= c.Window() {
		return b.lanes[:1]
	}
	if b.width == 0 {
		b.width = b.measure(ctx, c)
	}
	if all := b.options.Window; all > 0 {
		b.width = max(1, min(b.width, all/c.Window()))
	}
	for len(b.lanes) < b.width {
		b.lanes = append(b.lanes, b.lane(len(b.lanes)))
	}
	b.lanes = b.connected(ctx, b.lanes)
	b.width = min(b.width, len(b.lanes))
	return b.lanes[:b.width]
}

// measure returns how many lanes make up for the broker's small window and the round trip. If the
// block sets a client identifier, there is one lane: rights may depend on the identifier.
func (b *mqttBroker) measure(ctx context.Context, c *client.Client) int {
	switch {
	case b.kind.connections > 0:
		return b.kind.connections
	case b.options.ClientID != "":
		return 1
	}
	trip := time.Hour
	for range 3 { // the shortest, because either side may be busy
		took, err := c.RoundTrip(ctx)
		if err != nil {
			return 1
		}
		trip = min(trip, took)
	}
	goal := min(wantedRate, float64(b.options.Pace.Limit()))
	n := int(math.Ceil(goal * trip.Seconds() / float64(c.Window())))
	n = max(min(n, maxLanes), 1)
	if n > 1 {
		b.log("broker %s: %d connections, since it takes %d messages at a time and is %s away",
			b.options.Address, n, c.Window(), trip.Round(time.Millisecond))
	}
	return n
}

// connected connects the lanes, and returns those that the broker accepted.
func (b *mqttBroker) connected(ctx context.Context, lanes []*lane) []*lane {
	errs := make([]error, len(lanes))
	var dialing sync.WaitGroup
	for i, l := range lanes {
		dialing.Go(func() { _, errs[i] = l.connection(ctx) })
	}
	dialing.Wait()
	open := lanes[:1:1]
	for i, l := range lanes {
		switch {
		case i == 0:
		case errs[i] != nil:
			b.log("broker %s: going on with fewer connections: %v", b.options.Address, errs[i])
		default:
			open = append(open, l)
		}
	}
	return open
}

// Info returns who the broker is.
func (b *mqttBroker) Info() Info { return b.info }

// Publish sends only messages that the broker is known to accept: another one could end the
// connection for all of them.
func (b *mqttBroker) Publish(ctx context.Context, batch []mqtt.Message, done func(i int, err error)) {
	at := make([]int, 0, len(batch))
	for i, m := range batch {
		if over := b.info.Capabilities.Limits.Check(m); len(over) > 0 {
			done(i, fmt.Errorf("not sent: %s", over[0].Reason))
			continue
		}
		at = append(at, i)
	}
	var mu sync.Mutex // done is called serially
	serially := func(i int, err error) {
		mu.Lock()
		defer mu.Unlock()
		done(i, err)
	}
	lanes := b.publishing(ctx, len(at))
	var running sync.WaitGroup
	for n, part := range split(batch, at, len(lanes)) {
		d := &delivery{lane: lanes[n], batch: batch, done: serially, last: map[int]*client.LostError{}}
		running.Go(func() { d.run(ctx, part) })
	}
	running.Wait()
}

// split distributes the messages. Those of one topic go to one lane, so that their order is kept.
func split(batch []mqtt.Message, at []int, n int) [][]int {
	parts, of := make([][]int, n), make(map[string]int, len(at))
	for k, i := range at {
		topic := batch[i].Topic
		part, known := of[topic]
		if !known {
			part = k % n
			of[topic] = part
		}
		parts[part] = append(parts[part], i)
	}
	return parts
}

// Close ends the connections.
func (b *mqttBroker) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.lanes {
		_ = l.close() // it has nothing to report
	}
	return nil
}
