package broker

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iotdataplane"
	"github.com/aws/aws-sdk-go-v2/service/iotdataplane/types"
	"golang.org/x/time/rate"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/awswire"
	"github.com/retainctl/retainctl/spec"
)

// awsWorkers is the number of requests in flight: the quota times a round trip of 50 ms, doubled,
// and some to spare. HTTP/1.1 carries one on each connection.
func awsWorkers(q awsQuotas) int {
	return min(max(64, int(max(q.publish, q.get)/8)), 1024)
}

// awsIoT is the target "aws_iot": the data plane of AWS IoT Core over HTTP.
type awsIoT struct {
	client  *iotdataplane.Client
	region  string
	host    string
	info    Info
	known   func(identity, topic string) (mqtt.Retained, bool)
	log     func(format string, args ...any)
	workers int

	publishing, getting, listing *pacer
	retryer                      *retry.Standard
	written                      *stamps

	reached atomic.Bool  // host answered
	isAWS   atomic.Bool  // host answered as AWS does
	listed  atomic.Int64 // number of list pages before the last
	stored  atomic.Int64 // number of messages with a payload that were acknowledged
	full    atomic.Bool  // all attempts to store a message were throttled, and nothing was stored meanwhile
}

var _ Writer = (*awsIoT)(nil)

func openAWSIoT(ctx context.Context, name string, s *spec.AWSIoTSettings, o Options) (Writer, error) {
	log := o.Log
	if log == nil {
		log = func(string, ...any) {}
	}
	end, err := findAWS(ctx, s)
	if err != nil {
		return nil, err
	}
	quotas := askQuotas(ctx, end.config, end.url, log)
	if s.Rate > 0 {
		quotas.publish = rate.Limit(s.Rate)
	}
	workers := o.Parallelism
	if workers <= 0 {
		workers = awsWorkers(quotas)
	}
	t := &awsIoT{
		client: end.dataPlane(2 * workers), region: end.region, host: end.url.Host,
		known: o.Known, log: log, workers: workers,
		publishing: newPacer(quotas.publish), getting: newPacer(quotas.get), listing: newPacer(quotas.list),
		retryer: awsRetryer(5 * time.Second),
	}
	t.written = newStamps(workers, t.get)
	t.info = Info{
		Identity:     awsIdentity(end.region, end.url, end.account),
		Address:      end.url.String(),
		Description:  "AWS IoT Core, " + end.region + end.note,
		Capabilities: awsCapabilities(),
	}
	quota := &t.info.Capabilities.Quota
	quota.PublishRate, quota.ReadRate = float64(quotas.publish), float64(quotas.get)
	t.log("broker %s: %s at %s", name, t.info.Description, t.info.Address)
	return t, nil
}

// awsCapabilities says that GetRetainedMessage returns only some fields, and that AWS answers 200
// only for what it stored. Untracked messages are found by ListRetainedMessages: on AWS a wildcard
// subscription never delivers a retained message.
func awsCapabilities() mqtt.Capabilities {
	return mqtt.Capabilities{
		Readable:         mqtt.FieldPayload | mqtt.FieldQoS | mqtt.FieldUserProperties,
		AckProvesStorage: true,
		Limits:           mqtt.AWSLimits,
		Quota:            mqtt.Quota{UnitBytes: 5 << 10},
	}
}

// awsIdentity returns the identity of an account's broker. An account's own -ats host is unique to
// it; the shared default host does not identify the account.
func awsIdentity(region string, endpoint *url.URL, account string) string {
	id := "aws_iot:" + region + ":" + strings.ToLower(endpoint.Host)
	if account != "" {
		id += ":" + account
	}
	return id
}

func (t *awsIoT) Info() Info { return t.info }

func (t *awsIoT) Close() error {
	t.written.stop()
	return nil
}

// Publish sends a batch over all workers. A failure that every other message would share ends the
// batch: otherwise 20,000 messages would each go through all attempts against a dead endpoint.
func (t *awsIoT) Publish(ctx context.Context, batch []mqtt.Message, done func(i int, err error)) {
	stop, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var serial sync.Mutex
	var workers sync.WaitGroup
	for range min(t.workers, len(batch)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(batch); i = int(next.Add(1)) - 1 {
				err := t.publish(stop, batch[i])
				if reaches(err, everyTopic) {
					cancel(fmt.Errorf("not sent, because the broker failed before: %w", err))
				}
				serial.Lock()
				done(i, err)
				serial.Unlock()
			}
		})
	}
	workers.Wait()
}

// publish sends one message. It can be cancelled until the first attempt is sent. After that it
// waits for the answer, because what was sent may have been stored.
func (t *awsIoT) publish(stop context.Context, m mqtt.Message) error {
	if stop.Err() != nil {
		return notSent(stop)
	}
	in, err := awsPublishInput(m)
	if err != nil {
		return fmt.Errorf("publish %q: %w", m.Topic, err)
	}
	creates := !m.IsDeletion()
	try := t.attempts(stop, t.publishing)
	if creates && t.full.Load() {
		try.max = 2
	}
	err = t.send(context.WithoutCancel(stop), in, m, try)
	if err != nil && stop.Err() != nil && try.sent == 0 {
		return notSent(stop)
	}
	op := awsPublish
	if !creates {
		op = awsDelete
	}
	if err = t.explain(op, m.Topic, try, err); err == nil {
		t.written.stored(m)
	}
	switch {
	case creates && err == nil:
		t.stored.Add(1)
		t.full.Store(false)
	case creates && reaches(err, throttled) && try.meanwhile() == 0 && !t.full.Swap(true):
		t.publishing.restore() // a slower pace does not make room
	}
	return err
}

// notSent returns why nothing more is sent.
func notSent(stop context.Context) error {
	if cause := context.Cause(stop); reaches(cause, everyTopic) {
		return cause
	}
	return stop.Err()
}

// awsPublishInput maps every field. The SDK escapes the topic and the properties that it sends as
// query parameters. Those that it sends as headers are base64 or a fixed word, so a header never
// contains a control character, which net/http would refuse and the SDK would then retry in vain.
//
// An expiry that AWS would shorten without an error is refused.
func awsPublishInput(m mqtt.Message) (*iotdataplane.PublishInput, error) {
	if longest := mqtt.AWSLimits.MaxExpiry; m.Expiry > longest {
		return nil, fmt.Errorf("message_expiry is %d s, and AWS would shorten it to %d s", m.Expiry, longest)
	}
	in := &iotdataplane.PublishInput{
		Topic: &m.Topic, Qos: int32(m.QoS), Retain: true, Payload: m.Payload,
		ContentType: optional(m.ContentType), ResponseTopic: optional(m.ResponseTopic),
		MessageExpiry: int64(m.Expiry),
	}
	if m.PayloadFormat == mqtt.UTF8Data {
		in.PayloadFormatIndicator = types.PayloadFormatIndicatorUtf8Data
	}
	if len(m.CorrelationData) > 0 {
		// The SDK sends this string as it is, and the API wants base64.
		in.CorrelationData = aws.String(base64.StdEncoding.EncodeToString(m.CorrelationData))
	}
	props, err := awswire.EncodeUserProperties(m.UserProperties)
	in.UserProperties = optional(props)
	return in, err
}

// optional returns nil for an empty string, so that the request omits it.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// awsTime converts the API's times, which are milliseconds since 1970.
func awsTime(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
