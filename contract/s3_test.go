package contract

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/contract/s3gateway"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
	"github.com/retainctl/retainctl/state/remote"
	"github.com/retainctl/retainctl/state/statetest"
)

// credentials sets the gateway's credentials in the environment of this process.
func credentials(t *testing.T, gw *s3gateway.Gateway) {
	for _, assignment := range gw.Env() {
		name, value, _ := strings.Cut(assignment, "=")
		t.Setenv(name, value)
	}
}

func openS3(t *testing.T, settings spec.S3Settings) state.Store {
	t.Helper()
	s, err := remote.OpenS3(t.Context(), settings, remote.Options{Note: func(text string) { t.Log(text) }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// proxy passes requests on to the gateway, except for faults.
func proxy(t *testing.T, gw *s3gateway.Gateway, fault func(*http.Request) statetest.Fault) *url.URL {
	t.Helper()
	// The signature covers the host to which the client connects.
	behind := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: gw.Address})
		r.Out.Host = r.In.Host
	}, ErrorLog: nil}
	server := httptest.NewServer(statetest.Faulty{Next: behind, Fault: fault})
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestS3 runs the contract of stores on versitygw.
func TestS3(t *testing.T) {
	gw := s3gateway.Start(t)
	credentials(t, gw)
	statetest.Run(t, func(t *testing.T) (a, b state.Store) {
		settings := gw.Settings(gw.Bucket(t), "fleet/state.json")
		return openS3(t, settings), openS3(t, settings)
	})
}

func TestS3Faults(t *testing.T) {
	gw := s3gateway.Start(t)
	credentials(t, gw)
	statetest.Faults(t, append(statetest.Passing(), statetest.Conflict), func(t *testing.T, fault func(*http.Request) statetest.Fault) state.Store {
		settings := gw.Settings(gw.Bucket(t), "state.json")
		settings.Endpoint = proxy(t, gw, fault)
		return openS3(t, settings)
	})
}
