package server

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
)

// awsPort is a broker's AWS endpoint, used through plain HTTP.
type awsPort struct {
	url   string
	store *store.Store
}

func serveAWS(t *testing.T, o Options) awsPort {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "broker.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.Store = st
	b := New(o)
	s := httptest.NewServer(b.AWSHandler())
	t.Cleanup(func() {
		s.Close()
		b.Close()
		st.Close()
	})
	return awsPort{s.URL, st}
}

// ask sends one request; headers are "name: value".
func (p awsPort) ask(t *testing.T, method, path string, payload []byte, headers ...string) (status int, code string, body []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, p.url+path, bytes.NewReader(payload))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("x-amzn-ErrorType"), body
}

// stored returns what is retained at topic, with the expiry that it was published with.
func (p awsPort) stored(t *testing.T, topic string) (mqtt.Message, bool) {
	t.Helper()
	e, ok, err := p.store.Get(topic)
	if err != nil {
		t.Fatal(err)
	}
	if !e.Expires.IsZero() {
		e.Expiry = uint32(e.Expires.Sub(e.Modified) / time.Second)
	}
	return e.Message, ok
}

func TestAWSPublishTakesEveryParameter(t *testing.T) {
	p := serveAWS(t, Options{})
	props := base64.StdEncoding.EncodeToString([]byte(`[{"deviceName": "alpha"}, {"deviceCnt": "45"}, {"deviceName": "beta"}]`))
	status, _, body := p.ask(t, "POST", "/topics/%2Flead%2F%2F%C3%BC%20%25?qos=1&retain=true&contentType=text%2Fplain&responseTopic=re%2Fply&messageExpiry=60",
		[]byte("pay\x00load"), headerUserProperties+": "+props, headerPayloadFormat+": UNSPECIFIED_BYTES", headerCorrelationData+": AAH/")
	if status != http.StatusOK || !json.Valid(body) {
		t.Fatalf("%d %s", status, body)
	}
	want := mqtt.Message{
		Topic: "/lead//ü %", Payload: []byte("pay\x00load"), QoS: 1, ContentType: "text/plain", ResponseTopic: "re/ply",
		CorrelationData: []byte{0, 1, 255}, Expiry: 60,
		UserProperties: []mqtt.UserProperty{{Name: "deviceName", Value: "alpha"}, {Name: "deviceCnt", Value: "45"}, {Name: "deviceName", Value: "beta"}},
	}
	if e, ok := p.stored(t, want.Topic); !ok || e.Diff(want) != 0 {
		t.Errorf("stored %v %+v", ok, e)
	}
	if status, _, _ := p.ask(t, "POST", "/topics/%2Flead%2F%2F%C3%BC%20%25?retain=true", nil); status != http.StatusOK {
		t.Errorf("a delete: %d", status)
	}
	if _, ok := p.stored(t, want.Topic); ok {
		t.Error("an empty payload did not delete")
	}
}

func TestAWSTopicsInThePath(t *testing.T) {
	p := serveAWS(t, Options{})
	for path, topic := range map[string]string{
		"/topics/a%2Fb": "a/b", "/topics/a/b/c": "a/b/c", "/topics/%2F": "/", "/topics/%2F%2Fx%2F": "//x/",
		"/topics/x%252Fy": "x%2Fy", "/topics/%2E%2E%2Fa": "../a", "/topics/a+b": "", "/topics/a%20b": "a b",
	} {
		status, _, body := p.ask(t, "POST", path+"?retain=true", []byte("x"))
		if topic == "" {
			if status != http.StatusBadRequest {
				t.Errorf("%s: %d", path, status)
			}
			continue
		}
		if _, ok := p.stored(t, topic); !ok {
			t.Errorf("%s: %d %s; nothing at %q", path, status, body, topic)
		}
	}
}

func TestAWSExpiryIsClampedInSilence(t *testing.T) {
	p := serveAWS(t, Options{})
	for given, want := range map[string]uint32{"0": 1, "1": 1, "604800": 604800, "604801": 604800, "9223372036854775807": 604800} {
		if status, _, body := p.ask(t, "POST", "/topics/a?retain=true&messageExpiry="+given, []byte("x")); status != http.StatusOK {
			t.Errorf("%s: %d %s", given, status, body)
		}
		// An expiry of one second may pass before it is checked.
		if m, ok := p.stored(t, "a"); m.Expiry != want && (ok || want > 1) {
			t.Errorf("%s: stored with %d s", given, m.Expiry)
		}
	}
}

func TestAWSErrors(t *testing.T) {
	p := serveAWS(t, Options{Deny: []string{"secret/#"}})
	tests := []struct {
		method, path string
		payload      int
		headers      []string
		status       int
		code         string
	}{
		{"POST", "/topics/" + strings.Repeat("x", 256) + "?retain=true", 1, nil, 200, ""},
		{"POST", "/topics/1%2F2%2F3%2F4%2F5%2F6%2F7%2F8?retain=true", 1, nil, 200, ""},
		{"POST", "/topics/big?retain=true", 128 << 10, nil, 200, ""},
		{"POST", "/topics/" + strings.Repeat("x", 257) + "?retain=true", 1, nil, 400, "InvalidRequestException"},
		{"POST", "/topics/1%2F2%2F3%2F4%2F5%2F6%2F7%2F8%2F9?retain=true", 1, nil, 400, "InvalidRequestException"},
		{"POST", "/topics/?retain=true", 1, nil, 400, "InvalidRequestException"},
		{"POST", "/topics/a%2F%23?retain=true", 1, nil, 400, "InvalidRequestException"},
		{"POST", "/topics/%24aws%2Fx?retain=true", 1, nil, 400, "InvalidRequestException"},
		{"POST", "/topics/a%FF?retain=true", 1, nil, 400, "InvalidRequestException"},
		{"POST", "/topics/a?retain=true&qos=2", 1, nil, 400, "InvalidRequestException"},
		{"POST", "/topics/a?retain=maybe", 1, nil, 400, "InvalidRequestException"},
		{"POST", "/topics/a?retain=true&messageExpiry=-1", 1, nil, 400, "InvalidRequestException"},
		{"POST", "/topics/a?retain=true&responseTopic=%2B", 1, nil, 400, "InvalidRequestException"},
		{"POST", "/topics/a?retain=true", 1, []string{headerPayloadFormat + ": TEXT"}, 400, "InvalidRequestException"},
		{"POST", "/topics/a?retain=true", 1, []string{headerCorrelationData + ": raw not b64"}, 400, "InvalidRequestException"},
		{"POST", "/topics/a?retain=true", 1, []string{headerUserProperties + `: [{"a":"b"}]`}, 400, "InvalidRequestException"},
		{"POST", "/topics/a?retain=true", 1, []string{headerUserProperties + ": e30="}, 400, "InvalidRequestException"}, // {}
		{"POST", "/topics/big?retain=true", 128<<10 + 1, nil, 413, "RequestEntityTooLargeException"},
		{"POST", "/topics/secret%2Fa?retain=true", 1, nil, 403, "ForbiddenException"},
		{"GET", "/topics/a", 0, nil, 405, "MethodNotAllowedException"},
		{"DELETE", "/retainedMessage/a", 0, nil, 405, "MethodNotAllowedException"},
		{"GET", "/retainedMessage/absent", 0, nil, 404, "ResourceNotFoundException"},
		{"GET", "/retainedMessage/a%2F%2B", 0, nil, 400, "InvalidRequestException"},
		{"GET", "/retainedMessage?maxResults=0", 0, nil, 400, "InvalidRequestException"},
		{"GET", "/retainedMessage?maxResults=201", 0, nil, 400, "InvalidRequestException"},
		{"GET", "/retainedMessage?nextToken=!", 0, nil, 400, "InvalidRequestException"},
		{"GET", "/things/x/shadow", 0, nil, 404, "UnknownOperationException"},
	}
	for _, test := range tests {
		status, code, body := p.ask(t, test.method, test.path, make([]byte, test.payload), test.headers...)
		if status != test.status || code != test.code {
			t.Errorf("%s %.60s: %d %s %s; want %d %s", test.method, test.path, status, code, body, test.status, test.code)
		}
		var answer struct{ Message string }
		if err := json.Unmarshal(body, &answer); err != nil || status >= 400 && answer.Message == "" {
			t.Errorf("%s %.60s: the body is %s", test.method, test.path, body)
		}
		if code == "ForbiddenException" && answer.Message != "Forbidden" {
			t.Errorf("a refusal says more than AWS does: %s", body)
		}
	}
}

func TestAWSWithoutRetainNothingIsStored(t *testing.T) {
	p := serveAWS(t, Options{})
	for _, query := range []string{"", "?retain=false"} {
		if status, _, body := p.ask(t, "POST", "/topics/a"+query, []byte("x")); status != http.StatusOK {
			t.Errorf("%d %s", status, body)
		}
	}
	if _, ok := p.stored(t, "a"); ok {
		t.Error("it was stored")
	}
}

func TestAWSThrottlesAboveTheRate(t *testing.T) {
	p := serveAWS(t, Options{PublishRate: 5})
	var throttled int
	for range 20 {
		if status, code, _ := p.ask(t, "POST", "/topics/a?retain=true", []byte("x")); status == http.StatusTooManyRequests && code == "ThrottlingException" {
			throttled++
		}
	}
	if throttled < 10 {
		t.Errorf("%d of 20 were throttled at 5/s", throttled)
	}
}

// "AWS IoT returns a throttled response to messages published with RETAIN set and
// payloads greater than 0 bytes until some retained messages are deleted."
func TestAWSThrottlesWhenFull(t *testing.T) {
	p := serveAWS(t, Options{Quota: 2, Deny: []string{"secret"}})
	steps := []struct {
		path, payload string
		status        int
	}{
		{"/topics/a?retain=true", "x", 200},
		{"/topics/b?retain=true", "x", 200},
		{"/topics/c?retain=true", "x", 429},
		{"/topics/a?retain=true", "y", 429},
		{"/topics/secret?retain=true", "x", 403},
		{"/topics/c", "x", 200},
		{"/topics/a?retain=true", "", 200},
		{"/topics/b?retain=true", "y", 200},
		{"/topics/c?retain=true", "x", 200},
	}
	for i, step := range steps {
		if status, code, _ := p.ask(t, "POST", step.path, []byte(step.payload)); status != step.status {
			t.Errorf("step %d: %d %s, want %d", i, status, code, step.status)
		}
	}
}

func TestAWSGet(t *testing.T) {
	p := serveAWS(t, Options{})
	before := time.Now().UnixMilli()
	props := []mqtt.UserProperty{{Name: "b", Value: "1"}, {Name: "b", Value: "2"}}
	err := p.store.Put([]mqtt.Message{{Topic: "a/b", Payload: []byte{255}, QoS: 1, UserProperties: props, ContentType: "x"}, {Topic: "c", Payload: []byte("y")}})
	if err != nil {
		t.Fatal(err)
	}
	_, _, body := p.ask(t, "GET", "/retainedMessage/a%2Fb", nil)
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	modified := int64(got["lastModifiedTime"].(float64))
	if modified < before || modified > time.Now().UnixMilli() {
		t.Errorf("modified at %d", modified)
	}
	delete(got, "lastModifiedTime")
	want := map[string]any{
		"topic": "a/b", "payload": "/w==", "qos": 1.0,
		"userProperties": base64.StdEncoding.EncodeToString([]byte(`[{"b":"1"},{"b":"2"}]`)),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, _, body := p.ask(t, "GET", "/retainedMessage/c", nil); !bytes.Contains(body, []byte(`"userProperties":null`)) {
		t.Errorf("without properties: %s", body)
	}
}

func TestAWSListPages(t *testing.T) {
	p := serveAWS(t, Options{})
	var batch []mqtt.Message
	for i := range 450 {
		batch = append(batch, mqtt.Message{Topic: fmt.Sprintf("t/%04d", i), Payload: []byte("payload"), QoS: mqtt.QoS(i % 2)})
	}
	if err := p.store.Put(batch); err != nil {
		t.Fatal(err)
	}
	for limit, pages := range map[string]int{"": 3, "maxResults=200&": 3, "maxResults=150&": 3, "maxResults=449&": 0} {
		var topics, asked int
		token := ""
		for asked == 0 || token != "" {
			query := "?" + limit
			if token != "" {
				query += "nextToken=" + token
			}
			status, _, body := p.ask(t, "GET", "/retainedMessage"+query, nil)
			if status != http.StatusOK {
				break
			}
			asked++
			var page awsPage
			if err := json.Unmarshal(body, &page); err != nil {
				t.Fatal(err)
			}
			for _, row := range page.RetainedTopics {
				if row.Topic != batch[topics].Topic || row.PayloadSize != 7 || row.QoS != batch[topics].QoS || row.LastModifiedTime == 0 {
					t.Fatalf("row %d: %+v", topics, row)
				}
				topics++
			}
			token = ""
			if page.NextToken != nil {
				token = *page.NextToken
			}
		}
		if asked != pages || pages > 0 && topics != len(batch) {
			t.Errorf("%q: %d topics in %d pages", limit, topics, asked)
		}
	}
}

func TestAWSListOfNothing(t *testing.T) {
	_, _, body := serveAWS(t, Options{}).ask(t, "GET", "/retainedMessage", nil)
	if got := strings.TrimSpace(string(body)); got != `{"retainedTopics":[],"nextToken":null}` {
		t.Errorf("got %s", got)
	}
}

func TestAWSDescribeEndpointIsItsOwnHost(t *testing.T) {
	p := serveAWS(t, Options{})
	_, _, body := p.ask(t, "GET", "/endpoint?endpointType=iot:Data-ATS", nil)
	if want := fmt.Sprintf(`{"endpointAddress":%q}`, strings.TrimPrefix(p.url, "http://")); strings.TrimSpace(string(body)) != want {
		t.Errorf("got %s, want %s", body, want)
	}
}

// Whatever the request, the answer is one of the API model's, and the broker keeps running.
func FuzzAWSPath(f *testing.F) {
	for _, seed := range []string{"/topics/a", "/topics/%2F", "/topics/%zz", "/retainedMessage/", "/retainedMessage?nextToken=%00", "//", "/endpoint"} {
		f.Add("GET", seed)
		f.Add("POST", seed)
	}
	st, err := store.Open(filepath.Join(f.TempDir(), "broker.db"), store.Options{})
	if err != nil {
		f.Fatal(err)
	}
	b := New(Options{Store: st})
	handler := b.AWSHandler()
	f.Cleanup(func() {
		b.Close()
		st.Close()
	})
	f.Fuzz(func(t *testing.T, method, path string) {
		req, err := http.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader("x"))
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, req)
		if !json.Valid(w.Body.Bytes()) || w.Code >= 500 || (w.Code >= 400) != (w.Header().Get("x-amzn-ErrorType") != "") {
			t.Errorf("%s %q: %d %s", method, path, w.Code, w.Body)
		}
	})
}
