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

// readBackTimeout bounds the read-back of an interrupted run, counted from the interruption.
// Without an interruption only the target's own limits hold: on brokers that prove absence by
// silence alone, a batch of deletes takes half a minute.
const readBackTimeout = 30 * time.Second

// maxUnread is after how many failed reads in a row the rest of a broker's changes is skipped.
const maxUnread = 3

// ErrChanged is the error of a conflict: the live message is no longer the one that was planned on.
var ErrChanged = errors.New("changed since the plan was made")

// checkConflicts reads the topics of a batch again as far as needed, and returns the changes that
// may be published. It finishes the others. What ignore_changes leaves to somebody else is taken
// from this read. MQTT and AWS IoT have no compare-and-set: this narrows the window for somebody
// else's write to one batch. If ok is false, the batch could not be read and is finished.
func (r *run) checkConflicts(ctx context.Context, id state.Identity, indices []int) (clean []int, ok bool) {
	again, clean := r.toRead(indices)
	if len(again) == 0 {
		return clean, true
	}
	seen, err := r.read(ctx, id, again)
	if err != nil {
		r.failAll(ctx, again, fmt.Errorf("could not be read again, so nothing was done: %w", err))
		return clean, len(clean) > 0
	}
	for _, i := range again {
		c := r.report.Results[i].Change
		live, there := seen.Live[c.Key.Topic]
		switch {
		case seen.Unread[c.Key.Topic] != nil:
			r.finish(i, Skipped, fmt.Errorf("could not be read again, so nothing was done: %w",
				seen.Unread[c.Key.Topic]), nil)
		case !there && c.Lapsed(r.Now()) && c.Action != plan.Delete:
			clean = append(clean, i)
		case !there && (c.Untracked() || c.Lapsed(r.Now())): // somebody else deleted it, or it expired
			r.finish(i, Done, nil, nil)
		case !c.MatchesBefore(live, there, r.comparer(c.Key.Broker)):
			r.finish(i, Conflicted, ErrChanged, r.shown(c, live, there))
		default:
			if there {
				c.Carry(live, r.comparer(c.Key.Broker))
			}
			clean = append(clean, i)
		}
	}
	return clean, true
}

// toRead divides changes into those whose topics must be read again and the others. A change that
// publishes a part of the live message as it is needs the newest, however fresh the plan is.
func (r *run) toRead(indices []int) (again, others []int) {
	if !r.fresh() {
		return indices, nil
	}
	for _, i := range indices {
		if r.report.Results[i].Change.Carries() {
			again = append(again, i)
		} else {
			others = append(others, i)
		}
	}
	return again, others
}

// fresh reports whether the plan's observation is young enough to publish on. It asks the monotonic
// clock, which nobody can set. That clock stops while a machine sleeps, so the wall clock must
// agree.
func (r *run) fresh() bool {
	now := r.Now()
	age, wall := now.Sub(r.Observed), now.Round(0).Sub(r.Observed.Round(0))
	return age >= 0 && age < plan.FreshFor && wall < plan.FreshFor
}

// readBack reads the topics whose outcome the broker's answers leave open, finishes their changes,
// and returns how many were stored. An interruption does not stop it: whatever was sent is read
// back.
func (r *run) readBack(ctx context.Context, id state.Identity, unsure []int, answers map[int]error) (done int) {
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
			r.finish(i, Failed, fmt.Errorf("acknowledged, but reading it back failed: %w; the next plan reads the "+
				"topic and finds out whether it was stored", unread), nil)
		case r.stored(i, seen, answers[i]):
			done++
		}
	}
	return done
}

// stored finishes one change by what is live at its topic, and reports whether the broker stored
// it. If before and after look the same, because they differ only in what the broker cannot read
// back, the broker's answer decides.
func (r *run) stored(i int, seen mqtt.Observation, refused error) bool {
	c := r.report.Results[i].Change
	live, there := seen.Live[c.Key.Topic]
	comparer := r.comparer(c.Key.Broker)
	before, after := c.MatchesBefore(live, there, comparer), c.MatchesAfter(live, there, comparer)
	if after && (refused == nil || !before) {
		r.finish(i, Done, nil, nil)
		return true
	}
	foreign := refused == nil && there && !before && !after
	if foreign {
		r.foreign[c.Key.Broker]++
	}
	if before && !after || foreign {
		delete(r.state.Pending, c.Key) // nothing remains to be settled: it was not written, or it was replaced since
	}
	if refused != nil {
		r.finish(i, Failed, refused, nil)
	} else {
		r.finish(i, Failed, notStored(c, there, foreign), r.shown(c, live, there))
	}
	return false
}

// notStored explains an acknowledged write that cannot be read back. Brokers acknowledge what they
// deny (MQTT 3.1.1, 3.3.5-2) and what they drop (EMQX above its max_publish_rate), and grant
// subscriptions whose messages they then withhold.
func notStored(c *plan.Change, there, foreign bool) error {
	switch {
	case foreign:
		return errors.New("the broker acknowledged the publish, but holds another message since: somebody else publishes " +
			"to the topic too, so find out who; and check that this user may publish to it")
	case c.Action == plan.Delete:
		return errors.New("the broker acknowledged the delete, but the message is still there: check that this user " +
			"may publish to the topic")
	case there:
		return errors.New("the broker acknowledged the message, but still holds the one before: check that this user " +
			"may publish to the topic")
	}
	return errors.New("the broker acknowledged the message, but holds none: check that this user may publish to and " +
		"read the topic, and that the broker retains messages at all")
}

// outliving returns a context that ends the given time after ctx does.
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

// read reads the topics of changes. After maxUnread failed reads in a row it stops the broker: each
// further batch would wait as long, and there may be hundreds.
func (r *run) read(ctx context.Context, id state.Identity, indices []int) (mqtt.Observation, error) {
	seen, err := r.To[id].Read(ctx, r.topics(indices))
	switch {
	case ctx.Err() != nil:
	case err == nil:
		r.unread[id] = 0
	default:
		if r.unread[id]++; r.unread[id] == maxUnread {
			r.stopped[id] = fmt.Errorf("not begun: the broker could not be read %d times in a row, the last time: %w",
				maxUnread, err)
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

// failAll finishes changes whose batch could not be checked. Nothing of it was published: after an
// interruption they stay Cancelled.
func (r *run) failAll(ctx context.Context, indices []int, err error) {
	if ctx.Err() == nil {
		r.skipRest(indices, err)
	}
}

// shown returns what a report may show of a live message.
func (r *run) shown(c *plan.Change, live mqtt.Retained, there bool) *mqtt.Message {
	if !there {
		return nil
	}
	return c.Show(live.Message, r.comparer(c.Key.Broker))
}
