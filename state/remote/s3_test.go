package remote_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
	"github.com/retainctl/retainctl/state/remote"
	"github.com/retainctl/retainctl/state/statetest"
)

func TestMain(m *testing.M) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		os.Setenv(name, value)
	}
	os.Exit(m.Run())
}

const (
	stateKey = "a/fleet.json"
	lockKey  = stateKey + ".lock"
)

func openS3(t *testing.T, settings spec.S3Settings) *remote.S3 {
	t.Helper()
	s, err := remote.OpenS3(t.Context(), settings, remote.Options{Note: func(text string) { t.Log(text) }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestS3Contract(t *testing.T) {
	statetest.Run(t, func(t *testing.T) (a, b state.Store) {
		settings := statetest.StartS3(t, new(statetest.S3), nil)
		return openS3(t, settings), openS3(t, settings)
	})
}

// TestS3Faults injects every kind of fault at every request of a locked change.
func TestS3Faults(t *testing.T) {
	kinds := append(statetest.Passing(), statetest.Conflict)
	statetest.Faults(t, kinds, func(t *testing.T, fault func(*http.Request) statetest.Fault) state.Store {
		return openS3(t, statetest.StartS3(t, new(statetest.S3), fault))
	})
}

func TestS3Encryption(t *testing.T) {
	for name, tc := range map[string]struct {
		set             func(*spec.S3Settings)
		algorithm, kmsK string
	}{
		"none":    {func(*spec.S3Settings) {}, "", ""},
		"AES256":  {func(s *spec.S3Settings) { s.Encrypt = true }, "AES256", ""},
		"SSE-KMS": {func(s *spec.S3Settings) { s.KMSKeyID = "arn:key" }, "aws:kms", "arn:key"},
	} {
		t.Run(name, func(t *testing.T) {
			puts := 0
			settings := statetest.StartS3(t, new(statetest.S3), func(r *http.Request) statetest.Fault {
				if r.Method == http.MethodPut {
					puts++
					if a, k := r.Header.Get("X-Amz-Server-Side-Encryption"), r.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"); a != tc.algorithm || k != tc.kmsK {
						t.Errorf("PUT %s with encryption %q, key %q", r.URL.Path, a, k)
					}
				}
				return statetest.None
			})
			tc.set(&settings)
			s := openS3(t, settings)
			unlock := lock(t, s, "alice")
			write(t, s, "")
			unlock()
			if puts < 2 {
				t.Errorf("%d objects were written, want state and lock", puts)
			}
		})
	}
}

// TestDeadHolder checks that a lock whose lease ended is taken over one lease later, and that a
// note says so.
func TestDeadHolder(t *testing.T) {
	t.Parallel()
	bucket := new(statetest.S3)
	settings := statetest.StartS3(t, bucket, nil)
	settings.LockLease = 2 * time.Second
	dead := fmt.Sprintf(`{"ID":"1","Operation":"apply","Who":"ci@gone","Info":"https://ci.example/7","LeaseSeconds":%g}`, settings.LockLease.Seconds())
	bucket.Put(lockKey, dead)
	if _, _, err := openS3(t, settings).Lock(t.Context(), info("bob")); !isLocked(err) {
		t.Fatalf("a fresh lock was ignored: %v", err)
	}
	bucket.Age(lockKey, time.Hour)
	var notes strings.Builder
	s, err := remote.OpenS3(t.Context(), settings, remote.Options{Note: func(text string) { notes.WriteString(text + "\n") }})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, unlock, err := s.Lock(t.Context(), info("bob"))
	if err != nil {
		t.Fatal(err)
	}
	if waited := time.Since(began); waited < settings.LockLease {
		t.Errorf("taken over after %s", waited)
	}
	for _, want := range []string{"ci@gone", "https://ci.example/7", "Waiting 2s more", "was taken over"} {
		if !strings.Contains(notes.String(), want) {
			t.Errorf("the notes do not say %q:\n%s", want, notes.String())
		}
	}
	if err := unlock(t.Context()); err != nil || bucket.Object(lockKey) != nil {
		t.Errorf("unlock: %v, left %s", err, bucket.Object(lockKey))
	}
}

// TestSlowHolder checks that a holder that renews during the last wait keeps its lock.
func TestSlowHolder(t *testing.T) {
	t.Parallel()
	bucket := new(statetest.S3)
	settings := statetest.StartS3(t, bucket, nil)
	settings.LockLease = 2 * time.Second
	bucket.Put(lockKey, `{"ID":"1","Who":"ci@slow","LeaseSeconds":2}`)
	bucket.Age(lockKey, time.Hour)
	time.AfterFunc(500*time.Millisecond, func() { bucket.Put(lockKey, `{"ID":"1","Who":"ci@slow","LeaseSeconds":2,"Info":"renewed"}`) })
	if _, _, err := openS3(t, settings).Lock(t.Context(), info("bob")); !isLocked(err) {
		t.Errorf("the lock of a holder that lives was taken: %v", err)
	}
}

func TestLeaseIsRenewed(t *testing.T) {
	t.Parallel()
	bucket := new(statetest.S3)
	settings := statetest.StartS3(t, bucket, nil)
	settings.LockLease = 2 * time.Second
	held, unlock, err := openS3(t, settings).Lock(t.Context(), info("alice"))
	if err != nil {
		t.Fatal(err)
	}
	first := string(bucket.Object(lockKey))
	for end := time.Now().Add(settings.LockLease); time.Now().Before(end) && held.Err() == nil; time.Sleep(50 * time.Millisecond) {
	}
	if held.Err() != nil || string(bucket.Object(lockKey)) == first {
		t.Errorf("not renewed within a lease: %v", context.Cause(held))
	}
	if err := unlock(t.Context()); err != nil || bucket.Object(lockKey) != nil {
		t.Errorf("unlock: %v, left %s", err, bucket.Object(lockKey))
	}
}

// TestLeaseIsLost checks that a holder that cannot renew its lease learns so well before it ends,
// and at once if somebody else has the lock.
func TestLeaseIsLost(t *testing.T) {
	t.Parallel()
	const lease = 3 * time.Second
	for name, tc := range map[string]struct {
		dead  statetest.Fault
		steal string
		want  string
	}{
		"silence": {dead: statetest.Silence, want: "could not be renewed"},
		"cut":     {dead: statetest.Cut, want: "could not be renewed"},
		"500":     {dead: statetest.Error500, want: "could not be renewed"},
		"stolen":  {steal: `{"ID":"2","Who":"bob","LeaseSeconds":60}`, want: "somebody else"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var down atomic.Bool
			bucket := new(statetest.S3)
			settings := statetest.StartS3(t, bucket, func(*http.Request) statetest.Fault {
				if down.Load() {
					return tc.dead
				}
				return statetest.None
			})
			settings.LockLease = lease
			began := time.Now()
			held, unlock, err := openS3(t, settings).Lock(t.Context(), info("alice"))
			if err != nil {
				t.Fatal(err)
			}
			down.Store(true)
			if tc.steal != "" {
				bucket.Put(lockKey, tc.steal)
			}
			select {
			case <-held.Done():
			case <-time.After(lease - time.Since(began) - 200*time.Millisecond):
				t.Fatal("the lease ends, and its holder has not been told that it is lost")
			}
			var lost *state.LostError
			if !errors.As(context.Cause(held), &lost) || !strings.Contains(lost.Error(), tc.want) {
				t.Errorf("lost because of %v", context.Cause(held))
			}
			down.Store(false)
			if err := unlock(t.Context()); err != nil {
				t.Error(err)
			}
			if got := string(bucket.Object(lockKey)); got != tc.steal {
				t.Errorf("unlock left %q", got)
			}
		})
	}
}

// TestUnconditionalStore checks that a store which ignores conditions is refused.
func TestUnconditionalStore(t *testing.T) {
	settings := statetest.StartS3(t, &statetest.S3{Deaf: true}, nil)
	if _, _, err := openS3(t, settings).Lock(t.Context(), info("alice")); err == nil || !strings.Contains(err.Error(), "ignores If-") {
		t.Errorf("got %v", err)
	}
}

func TestS3ForceUnlock(t *testing.T) {
	bucket := new(statetest.S3)
	s := openS3(t, statetest.StartS3(t, bucket, nil))
	if err := s.ForceUnlock(t.Context(), "1"); !errors.Is(err, state.ErrNotLocked) {
		t.Errorf("of no lock: %v", err)
	}
	held, unlock, err := s.Lock(t.Context(), info("alice"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ForceUnlock(t.Context(), "1"); err == nil || !strings.Contains(err.Error(), "alice") {
		t.Errorf("of another lock: %v", err)
	}
	if err := s.ForceUnlock(t.Context(), info("alice").ID); err != nil {
		t.Error(err)
	}
	if held.Err() != nil {
		t.Error("the context ended before a renewal was tried")
	}
	if err := unlock(t.Context()); err != nil {
		t.Error(err)
	}
	bucket.Put(lockKey, "somebody's file")
	if err := s.ForceUnlock(t.Context(), "1"); err == nil || bucket.Object(lockKey) == nil {
		t.Errorf("of a foreign object: %v", err)
	}
}

// TestS3Messages checks that failures say what to do.
func TestS3Messages(t *testing.T) {
	answer := func(status int, code, message string, header ...string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if len(header) > 0 {
				w.Header().Set(header[0], header[1])
			}
			w.WriteHeader(status)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
		})
	}
	for _, tc := range []struct {
		name   string
		answer http.Handler
		want   []string
	}{
		{"denied", answer(403, "AccessDenied", "Access Denied"), []string{"read s3://states/a/fleet.json", "s3:GetObject", "s3:ListBucket", "kms:Decrypt"}},
		{"no bucket", answer(404, "NoSuchBucket", "gone"), []string{`there is no bucket "states"`}},
		{"wrong region", answer(301, "PermanentRedirect", "elsewhere", "X-Amz-Bucket-Region", "us-west-2"), []string{"the bucket is in us-west-2", `write region = "us-west-2"`}},
		{"malformed header", answer(400, "AuthorizationHeaderMalformed", "expecting 'us-west-2'"), []string{"check region", "expecting"}},
		{"expired", answer(400, "ExpiredToken", "The provided token has expired."), []string{"not accepted"}},
		{"unknown key", answer(403, "InvalidAccessKeyId", "no such key"), []string{"credentials were not accepted"}},
		{"a web server", answer(404, "", ""), []string{"not as S3 does"}},
		{"kms", answer(400, "KMS.DisabledException", "key is disabled"), []string{"key is disabled", "kms_key_id"}},
		{"not implemented", answer(501, "NotImplemented", "no"), []string{"conditional requests"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			settings := statetest.StartS3(t, new(statetest.S3), nil)
			settings.Endpoint = serve(t, tc.answer)
			_, _, err := openS3(t, settings).Read(t.Context())
			wantSaid(t, err, tc.want)
		})
	}
}

func TestS3Incomplete(t *testing.T) {
	for _, settings := range []spec.S3Settings{{Key: "k"}, {Bucket: "b"}} {
		if _, err := remote.OpenS3(t.Context(), settings, remote.Options{}); err == nil || !strings.Contains(err.Error(), "-backend-config=") {
			t.Errorf("got %v", err)
		}
	}
}

func TestS3Races(t *testing.T) {
	settings := statetest.StartS3(t, new(statetest.S3), nil)
	statetest.Races(t, 1000, openS3(t, settings), openS3(t, settings))
}
