package broker

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/mqtt"
)

// seed stores a batch without the endpoint, in one transaction.
func seed(t *testing.T, plane *dataPlane, batch []mqtt.Message) {
	t.Helper()
	if err := plane.store.Put(batch); err != nil {
		t.Fatal(err)
	}
}

// recorded returns what a state would hold of topics now.
func recorded(t *testing.T, plane *dataPlane, topics []string) func(identity, topic string) (mqtt.Retained, bool) {
	t.Helper()
	known := make(map[string]mqtt.Retained)
	for _, topic := range topics {
		e, _, err := plane.store.Get(topic)
		if err != nil {
			t.Fatal(err)
		}
		known[topic] = mqtt.Retained{Message: e.Message, Modified: e.Modified}
	}
	return func(identity, topic string) (mqtt.Retained, bool) {
		if !strings.HasPrefix(identity, "aws_iot:eu-west-1:") {
			t.Errorf("asked for what is recorded on %q", identity)
		}
		m, ok := known[topic]
		return m, ok
	}
}

func TestAWSReadsAgainOnlyWhatMoved(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	batch, topics := numbered(1000)
	seed(t, plane, batch)
	known := recorded(t, plane, topics)
	changed := batch[500]
	changed.Payload = []byte("PAYLOAD 00500")
	seed(t, plane, []mqtt.Message{changed, mqtt.Deletion(topics[700], 0)})

	target := openAWS(t, plane.URL, Options{Known: known})
	seen := read(t, target, append(topics, "never/there")...)

	if len(seen.Live) != 999 || len(seen.Unread) != 0 {
		t.Fatalf("%d live, %v unread", len(seen.Live), seen.Unread)
	}
	for i, topic := range topics {
		want := batch[i]
		if i == 500 {
			want = changed
		}
		if m, ok := seen.Live[topic]; ok == (i == 700) || ok && m.Diff(want) != 0 {
			t.Fatalf("%s: %v %+v", topic, ok, m)
		}
	}
	if list, get := counted(&plane.requests, "list"), counted(&plane.requests, "get"); list != 5 || get != 3 {
		t.Errorf("%d lists and %d gets; want 5 pages, and a get for the changed, the deleted and the unknown topic", list, get)
	}
}

func TestAWSRecordIsUsedOnlyIfTheListAgrees(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	batch, topics := numbered(100)
	seed(t, plane, batch)
	known := recorded(t, plane, topics)
	lies := map[string]func(m *mqtt.Retained){
		topics[1]: func(m *mqtt.Retained) { m.Modified = m.Modified.Add(1e6) },
		topics[2]: func(m *mqtt.Retained) { m.Payload = []byte("longer than it was recorded") },
		topics[3]: func(m *mqtt.Retained) { m.QoS = 0 },
	}
	target := openAWS(t, plane.URL, Options{Known: func(identity, topic string) (mqtt.Retained, bool) {
		m, ok := known(identity, topic)
		if lie := lies[topic]; lie != nil {
			lie(&m)
		}
		m.ContentType = "recorded/only"
		return m, ok
	}})
	seen := read(t, target, topics...)
	for i, topic := range topics {
		if d := seen.Live[topic].Diff(batch[i]); d != 0 {
			t.Errorf("%s: %v differ: %+v", topic, d.Names(), seen.Live[topic])
		}
	}
	if get := counted(&plane.requests, "get"); get != len(lies) {
		t.Errorf("%d gets, want %d", get, len(lies))
	}
}

func TestAWSDoesNotListAWholeAccountForAFewTopics(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	batch, topics := numbered(2000)
	seed(t, plane, batch)
	known := recorded(t, plane, topics[1900:])
	target := openAWS(t, plane.URL, Options{Known: known})

	if seen := read(t, target, topics[1900:]...); len(seen.Live) != 100 {
		t.Errorf("%d live", len(seen.Live))
	}
	// 100 Gets take as long as two pages, after which the list is abandoned.
	if list, get := counted(&plane.requests, "list"), counted(&plane.requests, "get"); list != 2 || get != 100 {
		t.Errorf("%d lists, %d gets", list, get)
	}
	plane.requests.Clear()
	read(t, target, topics[1900:]...)
	if list := counted(&plane.requests, "list"); list != 0 {
		t.Errorf("%d lists, though it was known to be too long", list)
	}
	plane.requests.Clear()
	read(t, target, topics[1900:1910]...)
	if list := counted(&plane.requests, "list"); list != 0 {
		t.Errorf("%d lists for ten topics", list)
	}
}

func TestAWSReadsWithoutTheRightToList(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	batch, topics := numbered(100)
	seed(t, plane, batch)
	known := recorded(t, plane, topics)
	inner := plane.Config.Handler
	plane.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if operationOf(r) == "list" {
			w.Header().Set("x-amzn-ErrorType", "ForbiddenException")
			w.WriteHeader(http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	})
	var log strings.Builder
	target := openAWS(t, plane.URL, Options{Known: known, Log: func(format string, args ...any) { fmt.Fprintf(&log, format, args...) }})
	if seen := read(t, target, topics...); len(seen.Live) != 100 {
		t.Errorf("%d live", len(seen.Live))
	}
	if !strings.Contains(log.String(), `iot:ListRetainedMessages on resource "*"`) {
		t.Errorf("logged %q", log.String())
	}
}

func TestAWSUnreadIsNotAbsent(t *testing.T) {
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "denied"):
			w.Header().Set("x-amzn-ErrorType", "ForbiddenException")
			w.WriteHeader(http.StatusForbidden)
		case strings.HasSuffix(r.URL.Path, "elsewhere"):
			http.NotFound(w, r) // not the API's answer, so it proves nothing
		case strings.HasSuffix(r.URL.Path, "odd"):
			fmt.Fprint(w, `{"topic":"odd","payload":"eA==","lastModifiedTime":1,"userProperties":"W3siYSI6MX1d"}`) // [{"a":1}]
		default:
			w.Header().Set("x-amzn-ErrorType", "ResourceNotFoundException")
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer listener.Close()
	seen := read(t, openAWS(t, listener.URL, Options{}), "absent", "denied", "elsewhere", "odd")
	for topic, want := range map[string]string{
		"denied":    "iot:GetRetainedMessage on arn:aws:iot:eu-west-1:*:topic/denied",
		"elsewhere": "404",
		"odd":       "decode user properties",
	} {
		if err := seen.Unread[topic]; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", topic, err)
		}
	}
	if len(seen.Live) != 0 || len(seen.Unread) != 3 {
		t.Errorf("live %v, unread %v", seen.Live, seen.Unread)
	}
}
