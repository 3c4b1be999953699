package server

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/awswire"
)

// awsRetained is the answer of GetRetainedMessage. Like AWS's, it has no content type, response
// topic, correlation data, payload format or expiry.
type awsRetained struct {
	Topic            string   `json:"topic"`
	Payload          []byte   `json:"payload"`
	QoS              mqtt.QoS `json:"qos"`
	LastModifiedTime int64    `json:"lastModifiedTime"` // milliseconds
	UserProperties   []byte   `json:"userProperties"`   // base64 of the JSON text, or null
}

func (b *Broker) awsGet(topic string) (any, error) {
	if err := checkAWSTopic(topic); err != nil {
		return nil, err
	}
	e, found, err := b.store.Get(topic)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, awsFailure{http.StatusNotFound, "ResourceNotFoundException", "No retained message exists for " +
			"the topic"}
	}
	props, err := awswire.EncodeUserProperties(e.UserProperties)
	if err != nil {
		return nil, err
	}
	answer := awsRetained{Topic: e.Topic, Payload: e.Payload, QoS: e.QoS, LastModifiedTime: e.Modified.UnixMilli()}
	if props != "" {
		answer.UserProperties = []byte(props)
	}
	return answer, nil
}

// awsSummary is an element of the answer of ListRetainedMessages.
type awsSummary struct {
	Topic            string   `json:"topic"`
	PayloadSize      int      `json:"payloadSize"`
	QoS              mqtt.QoS `json:"qos"`
	LastModifiedTime int64    `json:"lastModifiedTime"`
}

type awsPage struct {
	RetainedTopics []awsSummary `json:"retainedTopics"`
	NextToken      *string      `json:"nextToken"` // null at the end
}

// maxAWSPage is the length of the longest page, and the default. AWS does not document the default.
const maxAWSPage = 200

func (b *Broker) awsList(query url.Values) (any, error) {
	limit, err := readQuery(query, "maxResults", parsePage)
	if err != nil {
		return nil, err
	}
	if limit == 0 {
		limit = maxAWSPage
	}
	after, err := readQuery(query, "nextToken", parseToken)
	if err != nil {
		return nil, err
	}
	entries, next, err := b.store.List(after, limit)
	if err != nil {
		return nil, err
	}
	page := awsPage{RetainedTopics: make([]awsSummary, len(entries))}
	for i, e := range entries {
		page.RetainedTopics[i] = awsSummary{e.Topic, len(e.Payload), e.QoS, e.Modified.UnixMilli()}
	}
	if next != "" {
		token := base64.URLEncoding.EncodeToString([]byte(next))
		page.NextToken = &token
	}
	return page, nil
}

func parsePage(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > maxAWSPage {
		return 0, fmt.Errorf("want 1 to %d, not %q", maxAWSPage, s)
	}
	return n, nil
}

// parseToken returns the topic after which a page begins.
func parseToken(s string) (string, error) {
	topic, err := base64.URLEncoding.DecodeString(s)
	if err != nil || len(topic) == 0 || !utf8.Valid(topic) {
		return "", fmt.Errorf("%q was not issued by this endpoint", s)
	}
	return string(topic), nil
}
