package broker

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/iotdataplane"
	"github.com/aws/aws-sdk-go-v2/service/iotdataplane/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/retainctl/retainctl/mqtt"
)

// oddAnswer is a success that lacks what the API promises. It says nothing about a topic: an empty 200
// of a proxy would otherwise be read as a message, or as an account without messages.
type oddAnswer struct{ what string }

func (e *oddAnswer) Error() string { return "it answered " + e.what }

func odd(format string, args ...any) error { return &oddAnswer{fmt.Sprintf(format, args...)} }

// checkMessage demands what GetRetainedMessage promises.
func checkMessage(topic string, out *iotdataplane.GetRetainedMessageOutput) error {
	switch {
	case out.Topic == nil:
		return odd("200 without a topic")
	case *out.Topic != topic:
		return odd("with the message of another topic, %.100q", *out.Topic)
	case len(out.Payload) == 0:
		return odd("200 without a payload, and no retained message has an empty one")
	}
	return checkFields(out.Qos, out.LastModifiedTime)
}

// checkFields demands what every retained message has.
func checkFields(qos int32, modified int64) error {
	switch {
	case qos < 0 || qos > int32(mqtt.AWSLimits.MaxQoS):
		return odd("with QoS %d, which AWS does not have", qos)
	case modified <= 0:
		return odd("without the time at which the message was stored")
	}
	return nil
}

// checkPage demands what ListRetainedMessages promises.
func checkPage(out *iotdataplane.ListRetainedMessagesOutput) error {
	if out.RetainedTopics == nil {
		return odd("200 without a list of topics")
	}
	for _, row := range out.RetainedTopics {
		if err := checkRow(row); err != nil {
			return err
		}
	}
	return nil
}

func checkRow(row types.RetainedMessageSummary) error {
	topic := aws.ToString(row.Topic)
	if err := mqtt.CheckTopic(topic); err != nil {
		return odd("with a list that has no topic in it, but %.100q", topic)
	}
	if row.PayloadSize <= 0 {
		return odd("with a list that has no payload at %.100q", topic)
	}
	return checkFields(row.Qos, row.LastModifiedTime)
}

// checkPublished demands what is known of the answer to a publish, whose body the SDK discards: AWS
// answers 200 and never with a page for people, as the sign-in page of a network does.
func checkPublished(answer middleware.Metadata) error {
	raw, ok := awsmiddleware.GetRawResponse(answer).(*smithyhttp.Response)
	switch {
	case !ok:
		return nil
	case raw.StatusCode != http.StatusOK:
		return odd("%d %s to a publish, and AWS answers 200", raw.StatusCode, http.StatusText(raw.StatusCode))
	case strings.HasPrefix(raw.Header.Get("Content-Type"), "text/html"):
		return odd("200 with an HTML page to a publish")
	}
	return nil
}
