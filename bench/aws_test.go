package bench

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// accountRate is how many publishes per second the simulated account accepts.
const accountRate = 500

// BenchmarkPublishAWS publishes 4,000 messages to an account that accepts 500 a second. A proxy in
// front of the endpoint counts them.
func BenchmarkPublishAWS(b *testing.B) {
	const n = 4_000
	door := watch(b, awsEndpoint(b, build(b)))
	target, err := broker.Open(b.Context(), spec.Broker{
		Type: "aws_iot", Name: "a", Settings: &spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: door.url},
	}, broker.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer target.Close()
	batch := make([]mqtt.Message, n)
	for b.Loop() {
		for i := range batch {
			batch[i] = mqtt.Message{Topic: fmt.Sprintf("site/a/dev-%06d/config", i), Payload: []byte(`{"setpoint":20,"unit":"C"}`), QoS: 1}
		}
		target.Publish(b.Context(), batch, func(i int, err error) {
			if err != nil {
				b.Errorf("%s: %v", batch[i].Topic, err)
			}
		})
		door.pass()
	}
	door.report(b, n)
}

// BenchmarkApplyAWS does the same with the whole program: the first apply creates every message,
// the others change every message.
func BenchmarkApplyAWS(b *testing.B) {
	const n = 4_000
	bin := build(b)
	door := watch(b, awsEndpoint(b, bin))
	b.Setenv("AWS_ENDPOINT_URL_IOT_DATA_PLANE", door.url)
	dir := b.TempDir()
	generation := 0
	for b.Loop() {
		fleet(b, dir, "broker \"aws_iot\" \"a\" { region = \"eu-west-1\" }\n", n, generation%2)
		generation++
		run(b, bin, dir, "apply", "-auto-approve")
		door.pass()
	}
	door.report(b, n)
}

// awsEndpoint starts the program's own endpoint, throttled, and returns its URL.
func awsEndpoint(b *testing.B, bin string) string {
	b.Helper()
	cmd := exec.Command(bin, "broker", "-mqtt=", "-aws=127.0.0.1:0", fmt.Sprintf("-rate=%d", accountRate), "-store="+filepath.Join(b.TempDir(), "broker.db"))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "AWS IoT data plane on "); ok {
			return "http://" + address
		}
	}
	b.Fatal("the endpoint does not listen")
	return ""
}

// door is a proxy that counts publishes and answers.
type door struct {
	url string

	mu                           sync.Mutex
	publishes, stored, throttled int
	first, last                  time.Time // of the first request for a publish, and of the last answer to one
	took                         []time.Duration
}

func watch(b *testing.B, endpoint string) *door {
	b.Helper()
	to, err := url.Parse(endpoint)
	if err != nil {
		b.Fatal(err)
	}
	d := &door{}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 200, 200
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(to) },
		Transport: transport,
		ModifyResponse: func(r *http.Response) error {
			if r.Request.Method == http.MethodPost {
				d.answered(r.StatusCode)
			}
			return nil
		},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			d.asked()
		}
		proxy.ServeHTTP(w, r)
	}))
	b.Cleanup(s.Close)
	d.url = s.URL
	return d
}

// pass notes the time that the publishes since the last pass took.
func (d *door) pass() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.took = append(d.took, d.last.Sub(d.first))
	d.first = time.Time{}
}

// report reports the figures of passes of n messages.
func (d *door) report(b *testing.B, n int) {
	report(b, n, d.took)
	b.ReportMetric(100*float64(n)/median(d.took).Seconds()/accountRate, "%_of_quota")
	b.ReportMetric(100*float64(d.throttled)/float64(d.publishes), "%_throttled")
	b.ReportMetric(float64(n*len(d.took)-d.stored), "failed")
}

func (d *door) asked() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.publishes++; d.first.IsZero() {
		d.first = time.Now()
	}
}

func (d *door) answered(status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = time.Now()
	switch status {
	case http.StatusOK:
		d.stored++
	case http.StatusTooManyRequests:
		d.throttled++
	}
}
