package broker

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/embedded/store"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// awsEnvironment hides the AWS settings of the machine that runs the test.
func awsEnvironment(t *testing.T) {
	t.Helper()
	none := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "",
		"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_PROFILE": "", "AWS_ROLE_ARN": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "",
		"AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_IOT_DATA_PLANE": "", "AWS_ENDPOINT_URL_IOT": "", "AWS_ENDPOINT_URL_STS": "",
		"AWS_ENDPOINT_URL_SERVICE_QUOTAS":        "http://127.0.0.1:1", // no file, and no settings
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "", "AWS_CA_BUNDLE": "",
	} {
		t.Setenv(name, value) // and restores the former value at the end
		if value == "" {
			os.Unsetenv(name)
		}
	}
}

// dataPlane is the embedded broker's AWS endpoint, with counts of its requests.
type dataPlane struct {
	*httptest.Server
	store    *store.Store
	requests sync.Map // by operation: *atomic.Int64
	statuses sync.Map // by HTTP status: *atomic.Int64
}

func serveDataPlane(t *testing.T, o server.Options) *dataPlane {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "broker.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.Store = st
	b := server.New(o)
	handler := b.AWSHandler()
	d := &dataPlane{store: st}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorder := &statusRecorder{ResponseWriter: w}
		handler.ServeHTTP(recorder, r)
		count(&d.requests, operationOf(r))
		count(&d.statuses, recorder.status)
	}))
	t.Cleanup(func() {
		d.Server.Close()
		b.Close()
		st.Close()
	})
	return d
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func operationOf(r *http.Request) string {
	switch {
	case strings.HasPrefix(r.URL.Path, "/topics/"):
		return "publish"
	case strings.HasPrefix(r.URL.Path, "/retainedMessage/"):
		return "get"
	case r.URL.Path == "/retainedMessage":
		return "list"
	}
	return r.URL.Path
}

func count(m *sync.Map, key any) {
	n, _ := m.LoadOrStore(key, new(atomic.Int64))
	n.(*atomic.Int64).Add(1)
}

func counted(m *sync.Map, key any) int {
	if n, ok := m.Load(key); ok {
		return int(n.(*atomic.Int64).Load())
	}
	return 0
}

// openAWS opens the target at url, with retries without waits.
func openAWS(t *testing.T, url string, o Options) *awsIoT {
	t.Helper()
	return openAWSWith(t, awsSettings(url), o)
}

func awsSettings(url string) *spec.AWSIoTSettings {
	return &spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: url}
}

func openAWSWith(t *testing.T, s *spec.AWSIoTSettings, o Options) *awsIoT {
	t.Helper()
	awsEnvironment(t)
	return openAWSHere(t, s, o)
}

// openAWSHere opens the target with the environment as it is.
func openAWSHere(t *testing.T, s *spec.AWSIoTSettings, o Options) *awsIoT {
	t.Helper()
	w, err := openAWSIoT(t.Context(), "prod", s, o)
	if err != nil {
		t.Fatal(err)
	}
	target := w.(*awsIoT)
	target.retryer = awsRetryer(time.Millisecond)
	return target
}

// publish publishes a batch and returns the outcome of each message.
func publish(t *testing.T, w Writer, batch ...mqtt.Message) []error {
	t.Helper()
	return publishWith(t, t.Context(), w, batch)
}

func publishWith(t *testing.T, ctx context.Context, w Writer, batch []mqtt.Message) []error {
	t.Helper()
	results, calls := make([]error, len(batch)), make([]int, len(batch))
	w.Publish(ctx, batch, func(i int, err error) {
		results[i] = err
		calls[i]++
	})
	for i, n := range calls {
		if n != 1 {
			t.Errorf("done was called %d times for %q", n, batch[i].Topic)
		}
	}
	return results
}

// declared returns a stored message with the expiry that it was published with.
func declared(e store.Entry) mqtt.Message {
	if !e.Expires.IsZero() {
		e.Expiry = uint32(e.Expires.Sub(e.Modified) / time.Second)
	}
	return e.Message
}

func read(t *testing.T, r Reader, topics ...string) mqtt.Observation {
	t.Helper()
	seen, err := r.Read(t.Context(), topics)
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

func numbered(n int) (batch []mqtt.Message, topics []string) {
	for i := range n {
		m := mqtt.Message{Topic: fmt.Sprintf("fleet/%05d", i), Payload: fmt.Appendf(nil, "payload %05d", i), QoS: 1}
		batch, topics = append(batch, m), append(topics, m.Topic)
	}
	return batch, topics
}

var fullMessage = mqtt.Message{
	Topic: "/a//ü b+", Payload: []byte{0, 255, '\n'}, QoS: 1, PayloadFormat: mqtt.UTF8Data,
	ContentType: "text/plain; x=\r\n&", ResponseTopic: "re/ply?&", CorrelationData: []byte{0, 1, 255, '\n'},
	UserProperties: []mqtt.UserProperty{{Name: "b", Value: "1\n"}, {Name: "a", Value: "<ü>"}, {Name: "b", Value: "2"}},
	Expiry:         3600,
}

func TestAWSPublishSendsEveryParameter(t *testing.T) {
	var got []string
	var body []byte
	listener := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if operationOf(r) != "publish" {
			return // reads when the message was stored
		}
		body, _ = io.ReadAll(r.Body)
		props, _ := base64.StdEncoding.DecodeString(r.Header.Get("x-amz-mqtt5-user-properties"))
		got = []string{
			r.Method, r.URL.EscapedPath(), r.URL.Query().Encode(), r.Header.Get("Content-Type"),
			string(props), r.Header.Get("x-amz-mqtt5-payload-format-indicator"), r.Header.Get("x-amz-mqtt5-correlation-data"),
		}
		if !strings.Contains(r.Header.Get("Authorization"), "Credential=test/") || !strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/iotdata/") {
			t.Errorf("signed as %q", r.Header.Get("Authorization"))
		}
	}))
	defer listener.Close()
	target := openAWS(t, listener.URL, Options{})

	if err := publish(t, target, fullMessage)[0]; err != nil {
		t.Fatal(err)
	}
	want := []string{
		"POST", "/topics/%2Fa%2F%2F%C3%BC%20b%2B",
		"contentType=text%2Fplain%3B+x%3D%0D%0A%26&messageExpiry=3600&qos=1&responseTopic=re%2Fply%3F%26&retain=true",
		"application/octet-stream", `[{"b":"1\n"},{"a":"<ü>"},{"b":"2"}]`, "UTF8_DATA", "AAH/Cg==",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if !cmp.Equal(body, fullMessage.Payload) {
		t.Errorf("the payload arrived as %q", body)
	}

	if err := publish(t, target, mqtt.Deletion("a", 0))[0]; err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"POST", "/topics/a", "retain=true", "application/octet-stream", "", "", ""}, got); d != "" {
		t.Errorf("a delete sends more than it should:\n%s", d)
	}
	if len(body) > 0 {
		t.Errorf("a delete has the payload %q", body)
	}
}

func TestAWSStoresAndReadsBack(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	target := openAWS(t, plane.URL, Options{})
	m := fullMessage
	m.Topic, m.PayloadFormat = "/a//ü b", mqtt.UnspecifiedBytes
	m.ContentType = "text/plain"
	m.ResponseTopic = "re/ply"
	start := time.Now().Add(-time.Second)

	for i, err := range publish(t, target, m, mqtt.Message{Topic: "plain", Payload: []byte("x")}, mqtt.Deletion("gone", 1)) {
		if err != nil {
			t.Error(i, err)
		}
	}
	stored, _, err := plane.store.Get(m.Topic)
	if err != nil {
		t.Fatal(err)
	}
	if d := declared(stored).Diff(m); d != 0 {
		t.Errorf("stored with different %v: %+v", d.Names(), stored)
	}
	seen := read(t, target, m.Topic, "plain", "gone")
	if len(seen.Live) != 2 || len(seen.Unread) != 0 {
		t.Fatalf("live %v, unread %v", seen.Live, seen.Unread)
	}
	if d := seen.Live[m.Topic].Diff(m) & target.Info().Capabilities.Readable; d != 0 {
		t.Errorf("read back with different %v: %+v", d.Names(), seen.Live[m.Topic])
	}
	if modified := seen.Live["plain"].Modified; modified.Before(start) || modified.After(time.Now().Add(time.Second)) {
		t.Errorf("modified at %v", modified)
	}
	if err := publish(t, target, mqtt.Deletion("plain", 1))[0]; err != nil {
		t.Fatal(err)
	}
	if seen := read(t, target, "plain"); len(seen.Live) != 0 {
		t.Errorf("a deleted message is live: %v", seen.Live)
	}
}

// The quota is low enough for a busy machine, and the best of three runs counts: this tests the
// pacer, not the machine.
func TestAWSKeepsPace(t *testing.T) {
	const quota = 150
	plane := serveDataPlane(t, server.Options{PublishRate: quota})
	target := openAWSWith(t, &spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: plane.URL, Rate: quota}, Options{})
	batch, _ := numbered(2 * quota)
	var best float64
	for run := 0; run < 3 && best < 0.95*quota; run++ {
		start := time.Now()
		for i, err := range publish(t, target, batch...) {
			if err != nil {
				t.Fatal(batch[i].Topic, err)
			}
		}
		best = max(best, float64(len(batch))/time.Since(start).Seconds())
	}
	refused, asked := counted(&plane.statuses, http.StatusTooManyRequests), counted(&plane.requests, "publish")
	if best < 0.95*quota || best > 1.05*quota || refused > asked/100 {
		t.Errorf("%.0f/s of %d/s, %d of %d throttled", best, quota, refused, asked)
	}
}

func TestAWSSlowsDownForASmallerQuota(t *testing.T) {
	plane := serveDataPlane(t, server.Options{PublishRate: 100})
	target := openAWS(t, plane.URL, Options{})
	target.retryer = awsRetryer(time.Second)
	batch, _ := numbered(300)
	for i, err := range publish(t, target, batch...) {
		if err != nil {
			t.Fatal(batch[i].Topic, err)
		}
	}
	if limit := target.publishing.limiter.Limit(); limit >= target.publishing.top {
		t.Errorf("still at %.0f/s", limit)
	}
}

func TestAWSFullAccount(t *testing.T) {
	plane := serveDataPlane(t, server.Options{Quota: 3})
	target := openAWS(t, plane.URL, Options{Parallelism: 1})
	batch, _ := numbered(20)
	var throttles int
	for _, err := range publish(t, target, batch...) {
		if err != nil {
			throttles++
			if !strings.Contains(err.Error(), "quota of retained messages") {
				t.Errorf("not explained: %v", err)
			}
		}
	}
	// Eight attempts for the first message that finds no room, two for each further one.
	if n := counted(&plane.requests, "publish"); throttles != 17 || n != 3+8+16*2 {
		t.Errorf("%d throttled in %d requests", throttles, n)
	}
	if limit := target.publishing.limiter.Limit(); limit != target.publishing.top {
		t.Errorf("messages without room are tried at %.0f/s", limit)
	}
	for _, err := range publish(t, target, mqtt.Deletion(batch[0].Topic, 1), batch[10]) {
		if err != nil {
			t.Errorf("there is room after a delete: %v", err)
		}
	}
}

// If some messages are stored, the account is not full.
func TestAWSBusyAccountIsNotFull(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	inner := plane.Config.Handler
	plane.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "unlucky") {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		inner.ServeHTTP(w, r)
	})
	target := openAWS(t, plane.URL, Options{Parallelism: 2})
	target.retryer = awsRetryer(100 * time.Millisecond)
	batch, _ := numbered(400)
	batch[0].Topic = "unlucky"
	err := publish(t, target, batch...)[0]
	has(t, err, "throttled all 8 attempts and stored", "quota of requests a second")
	if strings.Contains(err.Error(), "retained messages") || target.full.Load() {
		t.Errorf("taken for full: %v", err)
	}
	has(t, publish(t, target, mqtt.Deletion("unlucky", 1))[0], "throttled all 8 attempts: others use")
}

func TestAWSPublishStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	arrived, release := make(chan bool, 10), make(chan bool)
	listener := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- true
		<-release
	}))
	defer listener.Close()
	target := openAWS(t, listener.URL, Options{Parallelism: 2})
	batch, _ := numbered(10)
	go func() {
		<-arrived
		<-arrived
		cancel()
		close(release)
	}()
	var sent, cancelled int
	for _, err := range publishWith(t, ctx, target, batch) {
		switch {
		case err == nil:
			sent++
		case errors.Is(err, context.Canceled):
			cancelled++
		default:
			t.Error(err)
		}
	}
	if sent != 2 || cancelled != 8 {
		t.Errorf("%d sent, %d cancelled; what was in flight must be waited for, and nothing else sent", sent, cancelled)
	}
}

func TestAWSPublishEndsWithTheBroker(t *testing.T) {
	plane := serveDataPlane(t, server.Options{})
	target := openAWS(t, plane.URL, Options{Parallelism: 1})
	batch, _ := numbered(1000)
	if err := publish(t, target, batch[0])[0]; err != nil {
		t.Fatal(err)
	}
	plane.Server.Close()
	for i, err := range publish(t, target, batch...) {
		if err == nil || !strings.Contains(err.Error(), "connect to "+target.host) {
			t.Fatal(i, err)
		}
	}
}
