package client

import (
	"errors"
	"time"

	"github.com/retainctl/retainctl/mqtt/wire"
)

// probeAfter is how long a read may bring nothing before a further PINGREQ tests whether an answer
// was lost.
const probeAfter = 2 * time.Second

// ErrDropped is the error of a broker that answered a later PINGREQ but not an earlier one: its
// queue was full, and it dropped messages too. The connection cannot be used afterwards.
var ErrDropped = errors.New("the broker dropped the answer to the PINGREQ after the subscription, so it dropped " +
	"messages too: its queue for a client is too short (mosquitto: max_queued_messages)")

// probe is a PINGREQ that distinguishes a lost answer from a late one.
type probe struct {
	sent, answered time.Time
	before         uint64 // number of PINGRESPs received when it was sent
}

// doubtful examines the silence since last. After a while it sends a probe. If that is answered,
// and the awaited answer has not come a while later, it was lost.
func (r *reading) doubtful(last time.Time, what string) error {
	p, silence := &r.probe, time.Since(last)
	if !p.sent.IsZero() && p.answered.IsZero() && r.c.pongs > p.before {
		p.answered = time.Now()
	}
	switch {
	case !p.answered.IsZero() && time.Since(p.answered) >= probeAfter && silence >= probeAfter:
		// PINGRESPs cannot be matched with PINGREQs any more.
		r.c.fail(ErrDropped)
		return ErrDropped
	case silence >= r.c.o.Timeout:
		r.c.fail(silentError(r.c.o, what))
		return r.c.Err()
	case p.sent.IsZero() && silence >= probeAfter:
		p.sent, p.before = time.Now(), r.c.pongs
		_, err := r.c.send(&wire.Pingreq{})
		return err
	}
	return nil
}

// doubted reports whether a probe was sent that has not shown yet that nothing was lost.
func (r *reading) doubted() bool {
	if r.probe.sent.IsZero() {
		return false
	}
	if r.c.pongs < r.c.pinged() {
		return true
	}
	r.probe = probe{}
	return false
}

// pinged returns how many PINGREQs were sent.
func (c *Client) pinged() uint64 {
	c.out.Lock()
	defer c.out.Unlock()
	return c.pings
}
