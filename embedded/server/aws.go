package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
)

// AWSHandler returns a handler that serves the three operations of the AWS IoT data plane that
// concern retained messages (Publish, GetRetainedMessage, ListRetainedMessages) with its documented
// limits and errors, and DescribeEndpoint, so that the AWS CLI and SDKs work with it through
// --endpoint-url.
//
// Signatures are not checked: whoever can reach the port may publish.
func (b *Broker) AWSHandler() http.Handler {
	// A ServeMux would remove "//" from the path, which a topic may contain.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := b.serveAWS(r)
		if err != nil {
			b.refuseAWS(w, err)
			return
		}
		writeJSON(w, http.StatusOK, answer)
	})
}

// serveAWS finds the operation. It splits the escaped path, because only there the "%2F" of a topic
// differs from the slashes of the path.
func (b *Broker) serveAWS(r *http.Request) (any, error) {
	method, operation, label := r.Method, "", ""
	path := r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(path, "/topics/"); ok {
		method, operation, label = http.MethodPost, "Publish", rest
	} else if rest, ok := strings.CutPrefix(path, "/retainedMessage/"); ok {
		method, operation, label = http.MethodGet, "GetRetainedMessage", rest
	} else if path == "/retainedMessage" {
		method, operation = http.MethodGet, "ListRetainedMessages"
	} else if path == "/endpoint" {
		method, operation = http.MethodGet, "DescribeEndpoint"
	}
	topic, err := url.PathUnescape(label)
	switch {
	case operation == "":
		return nil, awsFailure{http.StatusNotFound, "UnknownOperationException", "this endpoint serves Publish, " +
			"GetRetainedMessage and ListRetainedMessages only"}
	case r.Method != method:
		return nil, awsFailure{http.StatusMethodNotAllowed, "MethodNotAllowedException", operation + " is a " + method}
	case err != nil:
		return nil, invalid("the topic in the path: %s", err)
	}
	switch operation {
	case "Publish":
		return b.awsPublish(r, topic)
	case "GetRetainedMessage":
		return b.awsGet(topic)
	case "ListRetainedMessages":
		return b.awsList(r.URL.Query())
	}
	return map[string]string{"endpointAddress": r.Host}, nil
}

// awsFailure is an error of the API model.
type awsFailure struct {
	status  int
	code    string
	message string
}

func (f awsFailure) Error() string { return f.code + ": " + f.message }

func invalid(format string, args ...any) error {
	return awsFailure{http.StatusBadRequest, "InvalidRequestException", fmt.Sprintf(format, args...)}
}

var errAWSThrottled = awsFailure{http.StatusTooManyRequests, "ThrottlingException", "Too many requests"}

// awsFailureOf returns the API model's error for one of the broker's. A refusal says as little as
// AWS's own: neither the action nor the topic.
func awsFailureOf(err error) awsFailure {
	var failure awsFailure
	switch {
	case errors.As(err, &failure):
		return failure
	case errors.Is(err, ErrDenied):
		return awsFailure{http.StatusForbidden, "ForbiddenException", "Forbidden"}
	case errors.Is(err, ErrRate), errors.Is(err, ErrQuota):
		return errAWSThrottled
	case errors.Is(err, ErrClosed):
		return awsFailure{http.StatusServiceUnavailable, "ServiceUnavailableException", err.Error()}
	}
	return awsFailure{http.StatusInternalServerError, "InternalFailureException", err.Error()}
}

func (b *Broker) refuseAWS(w http.ResponseWriter, err error) {
	f := awsFailureOf(err)
	if f.status >= 500 {
		b.log("%v", err)
	}
	w.Header().Set("x-amzn-ErrorType", f.code)
	writeJSON(w, f.status, map[string]string{"message": f.message})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// An error here means that the client hung up, so it is ignored.
	_ = json.NewEncoder(w).Encode(body)
}

// checkAWSTopic refuses topics that AWS refuses: with wildcards, reserved, over 256 bytes or over 7
// slashes.
func checkAWSTopic(topic string) error {
	return checkAWS(mqtt.Message{Topic: topic})
}

func checkAWS(m mqtt.Message) error {
	var reasons []string
	for _, v := range mqtt.AWSLimits.Check(m) {
		reasons = append(reasons, v.Reason)
	}
	if len(reasons) > 0 {
		return invalid("%s", strings.Join(reasons, "; "))
	}
	return nil
}
