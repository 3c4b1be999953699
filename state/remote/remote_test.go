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
	"github.com/retainctl/retainctl/state/statetest"
)

func info(who string) state.LockInfo {
	return state.LockInfo{ID: "id of " + who, Operation: "apply", Who: who, Created: time.Now()}
}

func isLocked(err error) bool {
	var locked *state.LockedError
	return errors.As(err, &locked)
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

// serve gives the address of a server that ends with the test.
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

// nobody gives an address that nothing listens on.
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
	settings := statetest.StartS3(t, new(statetest.S3), nil)
	settings.Endpoint = nobody(t)
	_, _, err := openS3(t, settings).Read(t.Context())
	if err == nil || !strings.Contains(err.Error(), "connect to "+settings.Endpoint.Host) || !strings.Contains(err.Error(), "s3://states/a/fleet.json") {
		t.Errorf("got %v", err)
	}
}
