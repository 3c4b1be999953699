package client

import (
	"context"
	"errors"
	"time"

	"github.com/retainctl/retainctl/broker/wire"
	"github.com/retainctl/retainctl/mqtt"
)

// probeAfter is how long a scan may bring nothing before another PINGREQ asks
// whether its first one was lost.
const probeAfter = 2 * time.Second

// ErrDropped is a broker that answered a later PINGREQ and not the one behind a
// SUBSCRIBE: its queue was full, and dropped messages too. The connection cannot
// be used after it.
var ErrDropped = errors.New("the broker dropped the answer to the PINGREQ behind the subscription, so it dropped messages too: its queue for a client is too short")

// Scan shows what is retained at topics that match the filters, by one SUBSCRIBE
// at QoS 0. All of it is believed. The error says why more may be there: without
// one, the broker granted every filter, answered the PINGREQ behind them, and
// then brought nothing for the quiet period, which tells something of brokers that
// keep that order.
func (c *Client) Scan(ctx context.Context, filters []string) (map[string]mqtt.Retained, error) {
	c.call.Lock()
	defer c.call.Unlock()
	r := newReading(c, 0)
	r.begin(nil)
	r.filters = filters
	err := r.scan(ctx)
	if ctx.Err() != nil {
		c.fail(ctx.Err())
	}
	return r.obs.Live, err
}

func (r *reading) scan(ctx context.Context) error {
	b, err := r.subscribe(r.filters)
	if err != nil {
		return err
	}
	if err := r.closeScan(ctx, b); err != nil {
		return err
	}
	for r.last = time.Now(); time.Since(r.last) < r.c.quiet; {
		if err := r.await(ctx, r.last.Add(r.c.quiet), b); err != nil {
			return err
		}
	}
	if err := r.unsubscribe(r.filters); err != nil {
		return err
	}
	if err := r.until(ctx, "UNSUBACK", func() bool { return len(r.unsubs) == 0 }); err != nil {
		return err
	}
	for _, refused := range r.obs.Unread {
		return refused
	}
	return nil
}

// closeScan waits for the SUBACK, and until every PINGREQ of this connection is
// answered: that of the scan may be lost, and then that of the keep alive would
// pass for it. After a silence it probes: where that is answered, and not
// everything a while later, one was lost.
func (r *reading) closeScan(ctx context.Context, b *batch) error {
	var probed, answered time.Time
	var before uint64 // PINGRESPs taken when the probe was sent
	last, shown := time.Now(), 0
	for !b.acked || r.c.pongs < r.c.pinged() {
		if shown != len(r.obs.Live) { // PINGRESPs are no sign that the scan goes on
			last, shown = time.Now(), len(r.obs.Live)
		}
		if answered.IsZero() && !probed.IsZero() && r.c.pongs > before {
			answered = time.Now()
		}
		switch {
		case !answered.IsZero() && time.Since(answered) >= probeAfter && time.Since(last) >= probeAfter:
			// PINGRESPs cannot be told apart any more.
			r.c.fail(ErrDropped)
			return ErrDropped
		case time.Since(last) >= r.c.o.Timeout:
			r.c.fail(silentError(r.c.o, "SUBACK or PINGRESP"))
			return r.c.Err()
		case probed.IsZero() && time.Since(last) >= probeAfter:
			probed, before = time.Now(), r.c.pongs
			if _, err := r.c.send(&wire.Pingreq{}); err != nil {
				return err
			}
		}
		if err := r.await(ctx, time.Now().Add(probeAfter/4), b); err != nil {
			return err
		}
	}
	return nil
}

// await waits until then for packets and handles them.
func (r *reading) await(ctx context.Context, until time.Time, b *batch) error {
	packets, err := r.c.inbox.wait(ctx.Done(), until)
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return r.handle(packets, []*batch{b})
}

// pinged is how many PINGREQs were sent.
func (c *Client) pinged() uint64 {
	c.out.Lock()
	defer c.out.Unlock()
	return c.pings
}
