package broker

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iotdataplane"

	"github.com/retainctl/retainctl/mqtt"
)

// errCarriedOut ends the attempts of a call that an earlier one carried out, whatever was answered.
var errCarriedOut = errors.New("an earlier attempt was carried out")

// clockSlack is how much the endpoint's times may differ: its Date has whole seconds.
const clockSlack = 2 * time.Second

// carriedOut asks before the third attempt, and before each further one, whether one of the earlier
// attempts was carried out.
func (a *attempts) carriedOut(ctx context.Context) bool {
	if a.sent < 2 || !a.unsure || a.done == nil {
		return false
	}
	a.unsure = false
	return a.done(ctx, time.Since(a.began))
}

// send publishes m. Each publish reaches the devices, also one that is answered with an error and stored
// all the same: without a look at the topic, eight equal ones would.
func (t *awsIoT) send(ctx context.Context, in *iotdataplane.PublishInput, m mqtt.Message, try *attempts) error {
	try.done = func(ctx context.Context, since time.Duration) bool { return t.holds(ctx, m, since) }
	out, err := t.client.Publish(ctx, in, try.option)
	if errors.Is(err, errCarriedOut) {
		t.log("publish %q: it was stored, though AWS answered with an error", m.Topic)
		return nil
	}
	if err != nil {
		return err
	}
	return checkPublished(out.ResultMetadata)
}

// holds reports whether a topic shows m, stored since then by the endpoint's own clock: the fields that
// a Get does not show may differ in an older message. If the topic cannot be read, nothing is known, and
// the message is published again: one that is missing is worse than one that comes twice.
func (t *awsIoT) holds(ctx context.Context, m mqtt.Message, since time.Duration) bool {
	try := t.attempts(ctx, t.getting)
	try.max = 1
	live, found, at, err := t.ask(ctx, m.Topic, try)
	switch {
	case err != nil:
		t.log("publish %q: before the next attempt: %v", m.Topic, err)
		return false
	case m.IsDeletion() || !found:
		return m.IsDeletion() && !found
	case at.IsZero():
		at = time.Now()
	}
	return live.Diff(m)&awsCapabilities().Readable == 0 && live.Modified.After(at.Add(-since-clockSlack))
}
