package broker

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/mqtt"
)

// around answers requests before a handler does, if it wants to.
func around(plane *dataPlane, handle func(w http.ResponseWriter, r *http.Request, inner http.Handler)) {
	inner := plane.Config.Handler
	plane.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handle(w, r, inner) })
}

func all(t *testing.T, target *awsIoT) map[string]time.Time {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	return target.Modified(ctx)
}

// What an apply wrote takes the next plan only list pages, and no Gets.
func TestAWSKnowsWhenItsPublishesWereStored(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	writer := openAWS(t, plane.URL, Options{})
	batch, topics := numbered(400)
	batch[7].UserProperties = fullMessage.UserProperties
	for _, err := range publish(t, writer, batch...) {
		if err != nil {
			t.Fatal(err)
		}
	}
	times := all(t, writer)
	for _, topic := range topics {
		if e, _, err := plane.store.Get(topic); err != nil || times[topic].UnixMilli() != e.Modified.UnixMilli() {
			t.Fatalf("%s: %v, %v; stored at %v", topic, times[topic], err, e.Modified)
		}
	}
	if get := counted(&plane.requests, "get"); get != len(batch) {
		t.Errorf("%d gets for %d messages", get, len(batch))
	}

	plane.requests.Clear()
	reader := openAWS(t, plane.URL, Options{Known: func(identity, topic string) (mqtt.Retained, bool) {
		var i int
		fmt.Sscanf(topic, "fleet/%d", &i)
		return mqtt.Retained{Message: batch[i], Modified: times[topic]}, true
	}})
	if seen := read(t, reader, topics...); len(seen.Live) != len(batch) || seen.Live[topics[7]].Diff(batch[7]) != 0 {
		t.Errorf("%d live, %+v", len(seen.Live), seen.Live[topics[7]])
	}
	if list, get := counted(&plane.requests, "list"), counted(&plane.requests, "get"); list != 2 || get != 0 {
		t.Errorf("%d lists and %d gets; want 2 and 0", list, get)
	}

	if err := publish(t, writer, mqtt.Deletion(topics[0], 1))[0]; err != nil {
		t.Fatal(err)
	}
	if _, known := all(t, writer)[topics[0]]; known {
		t.Error("a deleted message has a time")
	}
}

// The other's write has our size and QoS: a list would always show it as ours.
func TestAWSIgnoresTheTimesOfOtherWriters(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	around(plane, func(w http.ResponseWriter, r *http.Request, inner http.Handler) {
		inner.ServeHTTP(w, r)
		if operationOf(r) == "publish" && strings.HasSuffix(r.URL.Path, "00001") {
			seed(t, plane, []mqtt.Message{{Topic: "fleet/00001", Payload: []byte("PAYLOAD 00001"), QoS: 1}})
		}
	})
	target := openAWS(t, plane.URL, Options{})
	batch, topics := numbered(3)
	publish(t, target, batch...)
	times := all(t, target)
	if _, known := times[topics[1]]; known || len(times) != 2 {
		t.Errorf("%v; want the times of the other two only", times)
	}
}

// Without the right to read only the times are missing: the publishes were stored.
func TestAWSPublishesWithoutTheRightToRead(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	around(plane, func(w http.ResponseWriter, r *http.Request, inner http.Handler) {
		if operationOf(r) == "get" {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("x-amzn-ErrorType", "UnrecognizedClientException")
			w.WriteHeader(http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	})
	target := openAWS(t, plane.URL, Options{Parallelism: 1})
	batch, _ := numbered(50)
	for _, err := range publish(t, target, batch...) {
		if err != nil {
			t.Error(err)
		}
	}
	if times := all(t, target); len(times) != 0 {
		t.Errorf("%v", times)
	}
}

func TestAWSTimesAreNotWaitedForAfterAnInterruption(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	release := make(chan bool)
	around(plane, func(w http.ResponseWriter, r *http.Request, inner http.Handler) {
		if operationOf(r) == "get" {
			<-release
		}
		inner.ServeHTTP(w, r)
	})
	defer close(release)
	target := openAWS(t, plane.URL, Options{})
	batch, _ := numbered(3)
	publish(t, target, batch...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if times := target.Modified(ctx); len(times) != 0 {
		t.Errorf("%v", times)
	}
	if err := target.Close(); err != nil {
		t.Error(err)
	}
}
