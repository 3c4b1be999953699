package broker

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/retainctl/retainctl/spec"
)

// quotaService simulates Service Quotas: it answers with a body for each given quota code, and
// refuses the others.
func quotaService(t *testing.T, answers map[string]string) (asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		var question struct{ ServiceCode, QuotaCode string }
		if err := json.NewDecoder(r.Body).Decode(&question); err != nil || question.ServiceCode != "iotcore" || r.Header.Get("X-Amz-Target") != "ServiceQuotasV20190624.GetServiceQuota" {
			t.Errorf("asked %s %+v, %v", r.Header.Get("X-Amz-Target"), question, err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if answer, ok := answers[question.QuotaCode]; ok {
			fmt.Fprint(w, answer)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"AccessDeniedException","Message":"not authorized to perform servicequotas:GetServiceQuota"}`)
	}))
	t.Cleanup(s.Close)
	t.Setenv("AWS_ENDPOINT_URL_SERVICE_QUOTAS", s.URL)
	return asked
}

const ownAWSHost = "a1b2c3-ats.iot.eu-west-1.amazonaws.com"

func openForQuotas(t *testing.T, endpoint string, setRate float64) (*awsIoT, string) {
	t.Helper()
	var log strings.Builder
	w, err := openAWSIoT(t.Context(), "prod", &spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: endpoint, Rate: setRate},
		Options{Log: func(format string, args ...any) { fmt.Fprintf(&log, format+"\n", args...) }})
	if err != nil {
		t.Fatal(err)
	}
	return w.(*awsIoT), log.String()
}

func TestAWSTakesTheAccountsQuotas(t *testing.T) {
	const second = `"Period":{"PeriodUnit":"SECOND","PeriodValue":1}`
	tests := []struct {
		name               string
		answers            map[string]string
		rate               float64
		publish, get, list float64
	}{
		{"all are known", map[string]string{
			"L-BAFC6221": `{"Quota":{"Value":2000.0,` + second + `}}`, "L-1243AB32": `{"Quota":{"Value":1500.0}}`, "L-0AA974E3": `{"Quota":{"Value":25.0}}`,
		}, 0, 2000, 1500, 25},
		{"denied", nil, 0, 500, 500, 10},
		{"one is known", map[string]string{"L-0AA974E3": `{"Quota":{"Value":5.0}}`}, 0, 500, 500, 5},
		{"the block's rate has precedence", map[string]string{"L-BAFC6221": `{"Quota":{"Value":2000.0}}`}, 100, 100, 500, 10},
		{"none is a rate", map[string]string{
			"L-BAFC6221": `{"Quota":{"Value":0}}`, "L-1243AB32": `{"Quota":{"Value":9,"Period":{"PeriodUnit":"MINUTE","PeriodValue":1}}}`, "L-0AA974E3": `{}`,
		}, 0, 500, 500, 10},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			awsEnvironment(t)
			asked := quotaService(t, test.answers)
			target, _ := openForQuotas(t, ownAWSHost, test.rate)
			want := []*pacer{newPacer(rate.Limit(test.publish)), newPacer(rate.Limit(test.get)), newPacer(rate.Limit(test.list))}
			for i, p := range []*pacer{target.publishing, target.getting, target.listing} {
				if p.top != want[i].top {
					t.Errorf("%d: paced at %.1f/s, want %.1f/s", i, p.top, want[i].top)
				}
			}
			if can := target.Info().Capabilities.Quota; can.PublishRate != test.publish || can.ReadRate != test.get || can.UnitBytes != 5120 {
				t.Errorf("declared %+v", can)
			}
			if n := asked.Load(); n != 3 {
				t.Errorf("asked %d times: a refusal must not be repeated", n)
			}
		})
	}
}

func TestAWSQuotasOfACustomEndpointAreNotAsked(t *testing.T) {
	awsEnvironment(t)
	asked := quotaService(t, map[string]string{"L-BAFC6221": `{"Quota":{"Value":2000.0}}`})
	for _, endpoint := range []string{"http://127.0.0.1:8083", "https://iot.example.com", "https://mqtt.iot.example.com", "http://" + ownAWSHost} {
		target, _ := openForQuotas(t, endpoint, 0)
		if target.publishing.top != newPacer(500).top {
			t.Errorf("%s: paced at %.0f/s", endpoint, target.publishing.top)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// In a private network without a route to Service Quotas there is no answer.
func TestAWSQuotasAreNotWaitedFor(t *testing.T) {
	awsEnvironment(t)
	release := make(chan bool)
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer s.Close()
	defer close(release)
	t.Setenv("AWS_ENDPOINT_URL_SERVICE_QUOTAS", s.URL)
	start := time.Now()
	target, log := openForQuotas(t, ownAWSHost, 0)
	if took := time.Since(start); took > 5*time.Second || target.publishing.top != newPacer(500).top {
		t.Errorf("%s, then paced at %.0f/s", took, target.publishing.top)
	}
	if !strings.Contains(log, "L-BAFC6221") || !strings.Contains(log, "default of 500/s") {
		t.Errorf("logged %q", log)
	}
}

func TestAWSConcurrencyFollowsTheQuota(t *testing.T) {
	for quota, want := range map[float64]int{10: 64, 500: 64, 2000: 250, 1e6: 1024} {
		if got := awsWorkers(awsQuotas{publish: rate.Limit(quota), get: 500}); got != want {
			t.Errorf("%.0f/s: %d in flight, want %d", quota, got, want)
		}
	}
}

func TestAWSHosts(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"https://" + ownAWSHost:                             true,
		"https://data-ats.iot.us-east-1.amazonaws.com":      true,
		"https://data-ats.iot-fips.us-east-1.amazonaws.com": true,
		"https://data-ats.iot.eu-west-1.api.aws":            true,
		"https://x.ats.iot.cn-north-1.amazonaws.com.cn":     true,
		"https://iot.example.com":                           false,
		"https://a.iot.amazonaws.com.example.com":           false,
		"https://s3.eu-west-1.amazonaws.com":                false,
	} {
		u, err := url.Parse(endpoint)
		if err != nil {
			t.Fatal(err)
		}
		if got := isAWSHost(u); got != want {
			t.Errorf("%s: %v", endpoint, got)
		}
	}
}
