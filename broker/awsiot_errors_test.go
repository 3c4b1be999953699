package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/iotdataplane"

	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/mqtt"
)

// answering serves one answer and counts the publishes.
func answering(t *testing.T, status int, code, body string) (url string, asked *atomic.Int64) {
	asked = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if operationOf(r) == "publish" {
			asked.Add(1)
		}
		if code != "" {
			w.Header().Set("x-amzn-ErrorType", code)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func TestAWSErrorsTeach(t *testing.T) {
	const html = "<html><body>Bad Gateway</body></html>"
	tests := []struct {
		name       string
		status     int
		code, body string
		publish    []string // texts in the error of a publish
		read       []string // and of a read; if whole is false, of one topic only
		whole      bool
		attempts   int64
	}{
		{"denied", 403, "ForbiddenException", `{"message":"Forbidden"}`,
			[]string{`publish "a/b"`, "403", "iot:Publish and iot:RetainPublish on arn:aws:iot:eu-west-1:*:topic/a/b", "in eu-west-1"},
			[]string{`read "a/b"`, "iot:GetRetainedMessage on arn:aws:iot:eu-west-1:*:topic/a/b"}, false, 1},
		{"denied, without a reason", 403, "", ``, []string{"iot:RetainPublish"}, []string{"iot:GetRetainedMessage"}, false, 1},
		{"wrong key", 403, "UnrecognizedClientException", `{"message":"The security token included in the request is invalid."}`,
			[]string{"refused the credentials", "security token"}, []string{"refused the credentials"}, true, 1},
		{"unauthorized", 401, "UnauthorizedException", `{"message":"who are you"}`,
			[]string{"refused the credentials", "who are you"}, []string{"refused the credentials"}, true, 1},
		{"invalid", 400, "InvalidRequestException", `{"message":"topic too deep"}`,
			[]string{"400 InvalidRequestException: topic too deep"}, []string{"topic too deep"}, false, 1},
		{"too large", 413, "RequestEntityTooLargeException", `{}`, []string{"413", "128 KiB"}, []string{"413"}, false, 1},
		{"too large, says a proxy", 413, "", html, []string{"413", "128 KiB"}, []string{"413"}, false, 1},
		{"throttled", 429, "ThrottlingException", `{"message":"Rate exceeded"}`,
			[]string{"throttled all 8 attempts", "quota of retained messages"}, []string{"throttled all 8 attempts"}, true, 8},
		{"throttled, without a code", 429, "", ``, []string{"throttled all 8 attempts"}, []string{"throttled all 8"}, true, 8},
		{"request timed out", 408, "", ``, []string{"408"}, []string{"408"}, false, 8},
		{"bad gateway", 502, "", html, []string{"502 Bad Gateway to all 3 attempts", "proxy"}, []string{"502 Bad Gateway", "proxy"}, true, 3},
		{"failure", 500, "InternalFailureException", `{"message":"oops"}`,
			[]string{"500 InternalFailureException (8 attempts): oops"}, []string{"oops"}, true, 8},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			url, asked := answering(t, test.status, test.code, test.body)
			target := openAWS(t, url, Options{})
			has(t, publish(t, target, mqtt.Message{Topic: "a/b", Payload: []byte("x")})[0], test.publish...)
			if n := asked.Load(); n != test.attempts {
				t.Errorf("%d attempts, want %d", n, test.attempts)
			}
			seen, err := target.Read(t.Context(), []string{"a/b"})
			if !test.whole && err == nil {
				err = seen.Unread["a/b"]
			} else if !test.whole {
				t.Errorf("one topic's failure ended the read: %v", err)
			}
			has(t, err, test.read...)
		})
	}
}

// A proxy that loses its way in the middle of a run is asked with all attempts.
func TestAWSBadGatewayOnTheWay(t *testing.T) {
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if k := n.Add(1); k > 1 && k < 6 {
			w.WriteHeader(http.StatusBadGateway)
			fmt.Fprint(w, "<html>proxy</html>")
		}
	}))
	defer s.Close()
	target := openAWS(t, s.URL, Options{})
	for _, topic := range []string{"a", "b"} {
		if err := publish(t, target, mqtt.Message{Topic: topic})[0]; err != nil {
			t.Errorf("%s: %v after %d requests", topic, err, n.Load())
		}
	}
}

func TestAWSHalfAnAnswer(t *testing.T) {
	url, _ := answering(t, 200, "", `{"topic": "a/b", "pay`)
	seen, err := openAWS(t, url, Options{}).Read(t.Context(), []string{"a/b"})
	if err != nil {
		t.Fatal(err)
	}
	has(t, seen.Unread["a/b"], `read "a/b"`, "200 OK, and not in AWS's words or not to the end")
}

func has(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got %v; want %q in it", err, word)
		}
	}
}

func TestAWSRetriesUntilItWorks(t *testing.T) {
	for _, status := range []int{408, 429, 500, 503} {
		var n atomic.Int64
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if operationOf(r) == "publish" && n.Add(1) <= 3 {
				w.WriteHeader(status)
			}
		}))
		target := openAWS(t, s.URL, Options{})
		if err := publish(t, target, mqtt.Message{Topic: "a", Payload: []byte("x")})[0]; err != nil || n.Load() != 4 {
			t.Errorf("%d: %v after %d attempts", status, err, n.Load())
		}
		s.Close()
	}
}

func TestAWSRefusalsOfTheEmbeddedBroker(t *testing.T) {
	plane := serveDataPlane(t, server.Options{Deny: []string{"secret/#"}})
	target := openAWS(t, plane.URL, Options{})
	big := mqtt.Message{Topic: "big", Payload: make([]byte, 128<<10+1)}
	ok := mqtt.Message{Topic: "ok", Payload: big.Payload[:128<<10]}
	deep := mqtt.Message{Topic: "1/2/3/4/5/6/7/8/9", Payload: []byte("x")}
	results := publish(t, target, big, ok, deep, mqtt.Message{Topic: "secret/a", Payload: []byte("x")}, mqtt.Message{Topic: "q", Payload: []byte("x"), QoS: 2})
	has(t, results[0], "413")
	if results[1] != nil {
		t.Errorf("one topic's failure touches another: %v", results[1])
	}
	has(t, results[2], "400", "at most 7 slashes")
	has(t, results[3], "403", "topic/secret/a")
	has(t, results[4], "400", "qos")
	seen := read(t, target, "ok", deep.Topic)
	if len(seen.Live) != 1 {
		t.Errorf("live %v", seen.Live)
	}
	has(t, seen.Unread[deep.Topic], "at most 7 slashes")
}

func TestAWSDoesNotLetAnExpiryBeShortened(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	target := openAWS(t, plane.URL, Options{})
	week := mqtt.Message{Topic: "a", Payload: []byte("x"), Expiry: 604800}
	longer := week
	longer.Expiry++
	results := publish(t, target, week, longer)
	has(t, results[1], `publish "a"`, "604801 s", "604800 s")
	if n := counted(&plane.requests, "publish"); results[0] != nil || n != 1 {
		t.Errorf("%v, %d requests", results[0], n)
	}
}

func TestAWSConnectionRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	target := openAWS(t, "http://"+l.Addr().String(), Options{})
	target.retryer = awsRetryer(time.Hour) // must not wait
	_, err = target.Read(t.Context(), []string{"a", "b"})
	has(t, err, "connect to "+l.Addr().String(), "connection refused")
	has(t, publish(t, target, mqtt.Message{Topic: "a", Payload: []byte("x")})[0], "connect to "+l.Addr().String())
}

func TestAWSCancelledReadIsNoFailureOfTheBroker(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	url, _ := answering(t, 200, "", "{}")
	if _, err := openAWS(t, url, Options{}).Read(ctx, []string{"a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestAWSFallsSilent checks that an endpoint that answered and then falls silent is waited for
// three times, and one that never answered once.
func TestAWSFallsSilent(t *testing.T) {
	var silent atomic.Bool
	var asked atomic.Int64
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if silent.Load() {
			asked.Add(1)
			<-release
			return
		}
		w.Header().Set("x-amzn-ErrorType", "ResourceNotFoundException")
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(release) })
	impatient := func() *awsIoT {
		target := openAWS(t, s.URL, Options{})
		o := target.client.Options()
		o.HTTPClient = awshttp.NewBuildableClient().WithTimeout(100 * time.Millisecond)
		target.client = iotdataplane.New(o)
		return target
	}
	worked := impatient()
	read(t, worked, "a")
	silent.Store(true)
	for _, test := range []struct {
		target *awsIoT
		want   int64
	}{{worked, 3}, {impatient(), 1}} {
		asked.Store(0)
		_, err := test.target.Read(t.Context(), []string{"a"})
		has(t, err, `read "a": connect to `+test.target.host, "no answer within", "firewall")
		if n := asked.Load(); n != test.want {
			t.Errorf("%d attempts, want %d", n, test.want)
		}
	}
}

// TestAWSAnswerCutShort checks that a request is repeated after half an answer.
func TestAWSAnswerCutShort(t *testing.T) {
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		whole := `{"topic":"a","payload":"eA==","qos":1,"lastModifiedTime":1}`
		w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
		if asked.Add(1) < 3 {
			whole = whole[:len(whole)/2]
		}
		fmt.Fprint(w, whole)
	}))
	t.Cleanup(s.Close)
	if seen := read(t, openAWS(t, s.URL, Options{}), "a"); string(seen.Live["a"].Payload) != "x" || asked.Load() != 3 {
		t.Errorf("%+v after %d attempts", seen, asked.Load())
	}
}
