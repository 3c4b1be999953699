package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// readBackTimeout bounds the read-back of a run that was interrupted, from then on.
// One that was not takes as long as the target lets each of its answers take: on
// brokers that prove absence by silence alone, a batch of deletes takes half a minute.
const readBackTimeout = 30 * time.Second

// maxUnread is how many times running a broker may not be read before the rest is
// given up.
const maxUnread = 3

// ErrChanged is a live message that is no longer the one that was planned on.
var ErrChanged = errors.New("changed since the plan was made")

// checkConflicts reads the topics of a batch again where the plan's observation
// is no longer fresh, and leaves out what changed since. There is no
// compare-and-set in MQTT or AWS IoT: this narrows the window to one batch.
func (r *run) checkConflicts(ctx context.Context, id state.Identity, indices []int) (clean []int, ok bool) {
	if r.fresh() {
		return indices, true
	}
	seen, err := r.read(ctx, id, indices)
	if err != nil {
		r.failAll(ctx, indices, fmt.Errorf("could not be read again, so nothing was done: %w", err))
		return nil, false
	}
	for _, i := range indices {
		c := r.report.Results[i].Change
		live, there := seen.Live[c.Key.Topic]
		switch {
		case seen.Unread[c.Key.Topic] != nil:
			r.finish(i, Skipped, fmt.Errorf("could not be read again, so nothing was done: %w", seen.Unread[c.Key.Topic]), nil)
		case !there && c.Lapsed(r.Now()) && c.Action != plan.Delete:
			clean = append(clean, i)
		case !there && (c.Untracked() || c.Lapsed(r.Now())): // somebody was quicker, or the clock
			r.finish(i, Done, nil, nil)
		case !c.MatchesBefore(live, there, r.comparer(c.Key.Broker)):
			r.finish(i, Conflicted, ErrChanged, r.shown(c, live, there))
		default:
			clean = append(clean, i)
		}
	}
	return clean, true
}

// fresh tells whether the plan's observation is young enough to publish on. The
// monotonic clock says so, which nobody sets; it stands still while a machine sleeps, so
// the wall clock must agree.
func (r *run) fresh() bool {
	now := r.Now()
	age, wall := now.Sub(r.Observed), now.Round(0).Sub(r.Observed.Round(0))
	return age >= 0 && age < plan.FreshFor && wall < plan.FreshFor
}

// settle reads the topics that a broker's answers leave unsure, and finishes them;
// it gives how many are as they should be. An interruption does not stop it: what
// was sent is settled.
func (r *run) settle(ctx context.Context, id state.Identity, unsure []int, answers map[int]error) (done int) {
	if len(unsure) == 0 {
		return 0
	}
	ctx, release := outliving(ctx, readBackTimeout)
	defer release()
	seen, err := r.read(ctx, id, unsure)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	for _, i := range unsure {
		c := r.report.Results[i].Change
		switch unread := cmp.Or(err, seen.Unread[c.Key.Topic]); {
		case unread != nil && answers[i] != nil:
			r.finish(i, Failed, answers[i], nil)
		case unread != nil:
			r.finish(i, Failed, fmt.Errorf("acknowledged, but reading it back failed: %w; the next plan reads the topic and finds out whether it stands", unread), nil)
		case r.stored(i, seen, answers[i]):
			done++
		}
	}
	return done
}

// stored finishes one change by what stands at its topic. Where before and after
// look alike, since they differ only in what the broker cannot read back, its answer
// decides.
func (r *run) stored(i int, seen mqtt.Observation, refused error) bool {
	c := r.report.Results[i].Change
	live, there := seen.Live[c.Key.Topic]
	see := r.comparer(c.Key.Broker)
	before, after := c.MatchesBefore(live, there, see), c.MatchesAfter(live, there, see)
	if after && (refused == nil || !before) {
		r.finish(i, Done, nil, nil)
		return true
	}
	if before && !after {
		delete(r.state.Pending, c.Key) // it was not written: nothing is left to find out
	}
	if refused != nil {
		r.finish(i, Failed, refused, nil)
	} else {
		r.finish(i, Failed, notStored(c, there), r.shown(c, live, there))
	}
	return false
}

// notStored explains an acknowledged write that is not there. Brokers
// acknowledge what they deny (MQTT 3.1.1, 3.3.5-2) and what they drop (EMQX above
// its max_publish_rate), and grant subscriptions they then withhold.
func notStored(c *plan.Change, there bool) error {
	switch {
	case c.Action == plan.Delete:
		return errors.New("the broker acknowledged the delete, but the message is still there: check that this user may publish to the topic")
	case there:
		return errors.New("the broker acknowledged the message, but holds another one: check that this user may publish to the topic, and who else does")
	}
	return errors.New("the broker acknowledged the message, but holds none: check that this user may publish to and read the topic, and that the broker retains messages at all")
}

// outliving gives a context that ends so long after ctx.
func outliving(ctx context.Context, grace time.Duration) (longer context.Context, release func()) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			cancel(fmt.Errorf("it was not done %s after the interruption", grace))
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel(nil) }
}

// read reads the topics of changes. A broker that could not be read at all some times
// running is given up: each further batch would wait as long for it, and there may be
// hundreds.
func (r *run) read(ctx context.Context, id state.Identity, indices []int) (mqtt.Observation, error) {
	seen, err := r.To[id].Read(ctx, r.topics(indices))
	switch {
	case ctx.Err() != nil:
	case err == nil:
		r.unread[id] = 0
	default:
		if r.unread[id]++; r.unread[id] == maxUnread {
			r.stopped[id] = fmt.Errorf("not begun: the broker could not be read %d times running, the last time: %w", maxUnread, err)
		}
	}
	return seen, err
}

func (r *run) topics(indices []int) []string {
	topics := make([]string, len(indices))
	for n, i := range indices {
		topics[n] = r.report.Results[i].Change.Key.Topic
	}
	return topics
}

// failAll ends changes whose batch could not even be checked. They were not
// published: with an interruption they stay Cancelled.
func (r *run) failAll(ctx context.Context, indices []int, err error) {
	if ctx.Err() == nil {
		r.skipRest(indices, err)
	}
}

// shown is what a report may show of a live message.
func (r *run) shown(c *plan.Change, live mqtt.Retained, there bool) *mqtt.Message {
	if !there {
		return nil
	}
	return c.Show(live.Message, r.comparer(c.Key.Broker))
}
