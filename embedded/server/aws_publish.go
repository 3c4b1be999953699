package server

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/awswire"
)

// The headers of Publish.
const (
	headerUserProperties  = "x-amz-mqtt5-user-properties"
	headerPayloadFormat   = "x-amz-mqtt5-payload-format-indicator"
	headerCorrelationData = "x-amz-mqtt5-correlation-data"
)

func (b *Broker) awsPublish(r *http.Request, topic string) (any, error) {
	query := r.URL.Query()
	m := mqtt.Message{Topic: topic, ContentType: query.Get("contentType"), ResponseTopic: query.Get("responseTopic")}
	retain, err := readQuery(query, "retain", strconv.ParseBool)
	if err != nil {
		return nil, err
	}
	if m.QoS, err = readQuery(query, "qos", parseQoS); err != nil {
		return nil, err
	}
	if m.Expiry, err = readQuery(query, "messageExpiry", parseExpiry); err != nil {
		return nil, err
	}
	if err := readHeaders(r.Header, &m); err != nil {
		return nil, err
	}
	if m.Payload, err = readPayload(r.Body); err != nil {
		return nil, err
	}
	if err := checkAWS(m); err != nil {
		return nil, err
	}
	if err := b.awsRoom(m, retain); err != nil {
		return nil, err
	}
	if err := b.Publish(r.Context(), m, retain); err != nil {
		return nil, err
	}
	return map[string]string{"message": "OK"}, nil
}

// readQuery returns the zero value if the parameter is absent.
func readQuery[T any](query url.Values, name string, parse func(string) (T, error)) (T, error) {
	var none T
	if !query.Has(name) {
		return none, nil
	}
	v, err := parse(query.Get(name))
	if err != nil {
		return none, invalid("%s: %s", name, err)
	}
	return v, nil
}

func parseQoS(s string) (mqtt.QoS, error) {
	if s != "0" && s != "1" {
		return 0, fmt.Errorf("AWS IoT Core accepts 0 and 1, not %q", s)
	}
	return mqtt.QoS(s[0] - '0'), nil
}

// parseExpiry enforces AWS's range as AWS does: 0 becomes 1, and more than seven days become seven
// days, without an error.
func parseExpiry(s string) (uint32, error) {
	seconds, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("want seconds, not %q", s)
	}
	return uint32(min(max(seconds, 1), uint64(mqtt.AWSLimits.MaxExpiry))), nil
}

func readHeaders(h http.Header, m *mqtt.Message) error {
	switch format := h.Get(headerPayloadFormat); format {
	case "", mqtt.UnspecifiedBytes.String():
	case mqtt.UTF8Data.String():
		m.PayloadFormat = mqtt.UTF8Data
	default:
		return invalid("%s: unknown value %q", headerPayloadFormat, format)
	}
	var err error
	if m.CorrelationData, err = base64.StdEncoding.DecodeString(h.Get(headerCorrelationData)); err != nil {
		return invalid("%s: %s", headerCorrelationData, err)
	}
	text, err := base64.StdEncoding.DecodeString(h.Get(headerUserProperties))
	if err != nil {
		return invalid("%s: %s", headerUserProperties, err)
	}
	if m.UserProperties, err = awswire.DecodeUserProperties(text); err != nil {
		return invalid("%s: %s", headerUserProperties, err)
	}
	return nil
}

func readPayload(body io.Reader) ([]byte, error) {
	limit := mqtt.AWSLimits.PayloadBytes
	payload, err := io.ReadAll(io.LimitReader(body, int64(limit)+1))
	switch {
	case err != nil:
		return nil, invalid("read the payload: %s", err)
	case len(payload) > limit:
		return nil, awsFailure{http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException",
			fmt.Sprintf("the payload has more than %d bytes", limit)}
	}
	return payload, nil
}

// awsRoom enforces the quota as AWS documents it: once it is reached, every retained publish with a
// payload is throttled, even one that would replace a message, until some messages are deleted. A
// client that may not publish is told that first.
func (b *Broker) awsRoom(m mqtt.Message, retain bool) error {
	if !retain || m.IsDeletion() || b.o.Quota == 0 || b.Denied(m.Topic) {
		return nil
	}
	n, err := b.store.Count()
	if err == nil && n >= b.o.Quota {
		err = errAWSThrottled
	}
	return err
}
