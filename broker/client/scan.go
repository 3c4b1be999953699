package client

import (
	"context"
	"fmt"
	"time"

	"github.com/retainctl/retainctl/mqtt"
)

// Scan returns what is retained at topics that match the filters, by one SUBSCRIBE at QoS 0. All of
// it is live. The error says why there may be more. Without an error, the broker granted every
// filter, answered the PINGREQ after them, and then sent nothing for the quiet period. That proves
// completeness only for brokers that keep this order.
func (c *Client) Scan(ctx context.Context, filters []string) (map[string]mqtt.Retained, error) {
	c.call.Lock()
	defer c.call.Unlock()
	r := newReading(c, 0)
	r.within(scanTime)
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
	for topic, err := range r.obs.Unread {
		if r.isLong(topic) {
			err = fmt.Errorf("topic %q: %w", topic, err)
		}
		return err
	}
	return nil
}

// closeScan waits for the SUBACK, and until every PINGREQ of this connection is answered: that of
// the scan may be lost, and then the PINGRESP of the keep alive would pass for it.
func (r *reading) closeScan(ctx context.Context, b *batch) error {
	last, shown := time.Now(), r.news
	for !b.acked || r.c.pongs < r.c.pinged() {
		if shown != r.news { // PINGRESPs do not show that the scan goes on
			last, shown = time.Now(), r.news
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

// await waits for packets until the given time, and handles them.
func (r *reading) await(ctx context.Context, until time.Time, b *batch) error {
	packets, err := r.wait(ctx, until)
	if err != nil {
		return err
	}
	return r.handle(packets, []*batch{b})
}
