package client

import (
	"context"
	"time"

	"github.com/retainctl/retainctl/mqtt"
)

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
// pass for it.
func (r *reading) closeScan(ctx context.Context, b *batch) error {
	last, shown := time.Now(), 0
	for !b.acked || r.c.pongs < r.c.pinged() {
		if shown != len(r.obs.Live) { // PINGRESPs are no sign that the scan goes on
			last, shown = time.Now(), len(r.obs.Live)
		}
		if err := r.doubtful(last, "SUBACK or PINGRESP"); err != nil {
			return err
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
