package remote_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/state"
	"github.com/retainctl/retainctl/state/remote"
	"github.com/retainctl/retainctl/state/statetest"
)

func info(who string) state.LockInfo {
	return state.LockInfo{ID: "id of " + who, Operation: "apply", Who: who, Created: time.Now()}
}

func isLocked(err error) bool {
	var locked *state.LockedError
	return errors.As(err, &locked)
}

// wantSaid holds that there is an error, which says all of that.
func wantSaid(t *testing.T, err error, want []string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	t.Log(err)
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q", part)
		}
	}
}

func lock(t *testing.T, s state.Store, who string) (unlock func()) {
	t.Helper()
	_, release, err := s.Lock(t.Context(), info(who))
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := release(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
}

func write(t *testing.T, s state.Store, since state.Version) state.Version {
	t.Helper()
	snapshot, err := state.NewSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	version, err := s.Write(t.Context(), snapshot, since)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// serve starts a server that ends with the test, and returns its address.
func serve(t *testing.T, h http.Handler) *url.URL {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// nobody returns an address on which nothing listens.
func nobody(t *testing.T) *url.URL {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return &url.URL{Scheme: "http", Host: ln.Addr().String()}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	settings := statetest.StartS3(t, new(statetest.S3), nil)
	settings.Endpoint = nobody(t)
	_, _, err := openS3(t, settings).Read(t.Context())
	if err == nil || !strings.Contains(err.Error(), "connect to "+settings.Endpoint.Host) || !strings.Contains(err.Error(), "s3://states/a/fleet.json") {
		t.Errorf("got %v", err)
	}
}

// TestSilence checks that an operation on a store that accepts the connection and stays silent
// ends, and that its error differs from that of an interruption.
func TestSilence(t *testing.T) {
	t.Parallel()
	silent := func(*http.Request) statetest.Fault { return statetest.Silence }
	o := remote.Options{}.Answering(100 * time.Millisecond)
	s3, err := remote.OpenS3(t.Context(), statetest.StartS3(t, new(statetest.S3), silent), o)
	if err != nil {
		t.Fatal(err)
	}
	web, err := remote.OpenHTTP(new(statetest.Terraform).Start(t, silent), o)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]state.Store{"s3": s3, "http": web} {
		t.Run(name, func(t *testing.T) {
			_, _, err := s.Read(t.Context())
			if err == nil || !strings.Contains(err.Error(), "did not answer in time") || errors.Is(err, context.Canceled) {
				t.Errorf("read: %v", err)
			}
			_, _, err = s.Lock(t.Context(), info("alice"))
			if err == nil || !strings.Contains(err.Error(), "did not answer in time") {
				t.Errorf("lock: %v", err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(30*time.Millisecond, cancel)
			if _, _, err := s.Read(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("an interrupted read: %v", err)
			}
			if _, _, err := s.Lock(ctx, info("alice")); !errors.Is(err, context.Canceled) {
				t.Errorf("an interrupted lock: %v", err)
			}
		})
	}
}
