package remote_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
	"github.com/retainctl/retainctl/state/remote"
	"github.com/retainctl/retainctl/state/statetest"
)

const longest = 2 << 20

// stores opens a store of each kind at a server, where a state may have longest bytes.
func stores(t *testing.T, answer http.HandlerFunc) map[string]state.Store {
	t.Helper()
	address := serve(t, answer)
	o := remote.Options{}.Reading(longest)
	overHTTP, err := remote.OpenHTTP(spec.HTTPSettings{
		Address: address, LockAddress: address, UnlockAddress: address, UpdateMethod: "POST", LockMethod: "LOCK", UnlockMethod: "UNLOCK",
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	settings := statetest.StartS3(t, new(statetest.S3), nil)
	settings.Endpoint = address
	inS3, err := remote.OpenS3(t.Context(), settings, o)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]state.Store{"http": overHTTP, "s3": inS3}
}

// endless writes until the client hangs up.
func endless(w http.ResponseWriter, sent *atomic.Int64) {
	spaces := bytes.Repeat([]byte(" "), 64<<10)
	io.WriteString(w, "{")
	for sent.Load() < 1<<30 {
		n, err := w.Write(spaces)
		if sent.Add(int64(n)); err != nil {
			return
		}
	}
}

// TestEndlessAnswers checks that no answer takes more memory than what was asked for can, whatever its
// status is.
func TestEndlessAnswers(t *testing.T) {
	for _, status := range []int{200, 404, 409, 423, 500} {
		var sent atomic.Int64
		for name, store := range stores(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"1"`)
			w.WriteHeader(status)
			endless(w, &sent)
		}) {
			if status == 500 && name == "http" {
				continue // it is asked again, with pauses
			}
			sent.Store(0)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, readErr := store.Read(t.Context())
			_, _, lockErr := store.Lock(t.Context(), info("ci"))
			runtime.ReadMemStats(&after)
			if status == 200 {
				wantSaid(t, readErr, []string{"answered with more than 2 MiB", "check the address"})
			}
			if readErr == nil && (name != "http" || status != 404) || lockErr == nil && (name != "http" || status != 200) {
				t.Errorf("%s, %d: read %v, lock %v", name, status, readErr, lockErr)
			}
			if made := after.TotalAlloc - before.TotalAlloc; made > 128<<20 || sent.Load() >= 1<<30 {
				t.Errorf("%s, %d: %d bytes were allocated, %d sent", name, status, made, sent.Load())
			}
		}
	}
}

// TestEndlessRedirects counts the requests of a read that is redirected to itself.
func TestEndlessRedirects(t *testing.T) {
	for _, status := range []int{301, 302, 307, 308} {
		var asked atomic.Int64
		for name, store := range stores(t, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			http.Redirect(w, r, r.URL.String(), status)
		}) {
			asked.Store(0)
			_, _, err := store.Read(t.Context())
			if n := asked.Load(); err == nil || n > 6 {
				t.Errorf("%s, %d: %d requests, %v", name, status, n, err)
			}
		}
	}
}

// TestStateThatCouldNotBeRead checks that nothing is written that a read would refuse.
func TestStateThatCouldNotBeRead(t *testing.T) {
	var written atomic.Int64
	for name, store := range stores(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			written.Add(1)
		}
		w.WriteHeader(http.StatusNotFound)
	}) {
		snapshot, err := state.NewSnapshot()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			id := state.Identity(fmt.Sprintf("mqtt:%d:%s", i, strings.Repeat("x", longest/32)))
			snapshot.Brokers[id] = state.Pin{Type: "mqtt", Name: fmt.Sprint("b", i)}
		}
		_, err = store.Write(t.Context(), snapshot, "")
		wantSaid(t, err, []string{"write state", "at most 2 MiB are read from a server"})
		if written.Load() > 0 {
			t.Errorf("%s: it was written", name)
		}
	}
}

// TestHTTPThatStoresNothing checks that a server which answers 200 to everything is not taken for a store.
func TestHTTPThatStoresNothing(t *testing.T) {
	store := stores(t, func(http.ResponseWriter, *http.Request) {})["http"]
	snapshot, err := state.NewSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Write(t.Context(), snapshot, "")
	wantSaid(t, err, []string{"write state http://", "accepted the state, and then has none", "proxy"})
}

// TestS3WithoutETag checks that an answer without an ETag, as a proxy gives it, is no state and no proof
// of a write.
func TestS3WithoutETag(t *testing.T) {
	store := stores(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "{}") })["s3"]
	_, _, err := store.Read(t.Context())
	wantSaid(t, err, []string{"read s3://", "200 without an ETag"})
	snapshot, err := state.NewSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Write(t.Context(), snapshot, "")
	wantSaid(t, err, []string{"write s3://", "200 without an ETag"})
	_, _, err = store.Lock(t.Context(), info("ci"))
	wantSaid(t, err, []string{"200 without an ETag"})
}
