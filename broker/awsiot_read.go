package broker

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/iotdataplane"
	"github.com/aws/aws-sdk-go-v2/service/iotdataplane/types"
	"golang.org/x/sync/errgroup"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/awswire"
)

// Read takes topics that a list shows to be unchanged from the record, and reads all others by a
// Get. A list may miss what changes between its pages, so only a Get proves absence.
func (t *awsIoT) Read(ctx context.Context, topics []string) (mqtt.Observation, error) {
	seen := mqtt.Observation{Live: make(map[string]mqtt.Retained), Unread: make(map[string]error)}
	if err := t.readByList(ctx, t.listable(topics), seen.Live); err != nil {
		return mqtt.Observation{}, err
	}
	if err := t.readByGets(ctx, topics, &seen); err != nil {
		return mqtt.Observation{}, err
	}
	return seen, nil
}

// readByGets reads the topics that are not known yet. A failure that every topic would share ends
// it.
func (t *awsIoT) readByGets(ctx context.Context, topics []string, seen *mqtt.Observation) error {
	open := slices.DeleteFunc(slices.Clone(topics), func(topic string) bool {
		_, known := seen.Live[topic]
		return known
	})
	var mu sync.Mutex
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(t.workers)
	for _, topic := range open {
		work.Go(func() error {
			m, found, err := t.get(ctx, topic)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil && (ctx.Err() != nil || !reaches(err, thisTopic)):
				return err
			case err != nil:
				seen.Unread[topic] = err
			case found:
				seen.Live[topic] = m
			}
			return nil
		})
	}
	return work.Wait()
}

// recorded returns the recorded message of a topic, if a list can confirm it: it needs the broker's
// own time of its last write.
func (t *awsIoT) recorded(topic string) (mqtt.Retained, bool) {
	if t.known == nil {
		return mqtt.Retained{}, false
	}
	m, ok := t.known(t.info.Identity, topic)
	return m, ok && !m.Modified.IsZero()
}

// listable returns the messages among topics that a list can confirm.
func (t *awsIoT) listable(topics []string) map[string]mqtt.Retained {
	known := make(map[string]mqtt.Retained)
	for _, topic := range topics {
		if m, ok := t.recorded(topic); ok {
			known[topic] = m
		}
	}
	return known
}

// readByList moves from known to live the messages that a list shows unchanged since they were
// recorded.
//
// A list has no filter: it goes through all messages of the account, which may be many more than
// these. So it gets the time that Gets for these would take, and what it has not shown by then is
// left to them. At worst that doubles the time, and only once, because the next read knows that the
// list is longer.
func (t *awsIoT) readByList(ctx context.Context, known, live map[string]mqtt.Retained) error {
	pages := int(float64(len(known)) * float64(t.listing.top/t.getting.top))
	if pages <= int(t.listed.Load()) {
		return nil
	}
	list := newListing(t)
	for page := 1; page <= pages && len(known) > 0; page++ {
		rows, err := list.page(ctx)
		if reaches(err, everyTopic) || ctx.Err() != nil {
			return err
		}
		if err != nil {
			t.log("%v; reading each topic separately", err)
			return nil
		}
		for _, row := range rows {
			topic := *row.Topic
			if m, ok := known[topic]; ok && unmoved(m, row) {
				live[topic] = readable(m)
			}
			delete(known, topic)
		}
		if list.ended {
			return nil
		}
		t.listed.Store(int64(page))
	}
	return nil
}

func unmoved(m mqtt.Retained, row types.RetainedMessageSummary) bool {
	return m.Modified.UnixMilli() == row.LastModifiedTime &&
		int64(len(m.Payload)) == row.PayloadSize && int32(m.QoS) == row.Qos
}

// readable returns m with the fields that a Get shows.
func readable(m mqtt.Retained) mqtt.Retained {
	seen := mqtt.Message{Topic: m.Topic}.With(m.Message, awsCapabilities().Readable)
	return mqtt.Retained{Message: seen, Modified: m.Modified}
}

func (t *awsIoT) get(ctx context.Context, topic string) (mqtt.Retained, bool, error) {
	m, found, _, err := t.ask(ctx, topic, t.attempts(ctx, t.getting))
	return m, found, err
}

// ask gets the message at topic, if there is one, and the endpoint's time when it answered.
func (t *awsIoT) ask(ctx context.Context, topic string, try *attempts) (m mqtt.Retained, found bool, at time.Time, err error) {
	out, err := t.client.GetRetainedMessage(ctx, &iotdataplane.GetRetainedMessageInput{Topic: &topic}, try.option)
	if awsStatus(err) == http.StatusNotFound && isNotFound(err) {
		try.succeeded()
		return m, false, at, nil
	}
	if err == nil {
		err = checkMessage(topic, out)
	}
	if err := t.explain(awsGet, topic, try, err); err != nil {
		return m, false, at, err
	}
	props, err := awswire.DecodeUserProperties(out.UserProperties)
	if err != nil {
		return m, false, at, &awsError{text: fmt.Sprintf("read %q: %s", topic, err), cause: err}
	}
	at, _ = awsmiddleware.GetServerTime(out.ResultMetadata)
	return mqtt.Retained{
		Message:  mqtt.Message{Topic: topic, Payload: out.Payload, QoS: mqtt.QoS(out.Qos), UserProperties: props},
		Modified: awsTime(out.LastModifiedTime),
	}, true, at, nil
}
