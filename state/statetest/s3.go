package statetest

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retainctl/retainctl/spec"
)

// S3 is a bucket in memory that answers as AWS documents conditional writes and deletes. The real
// store that the contract module starts is slower.
type S3 struct {
	Bucket string
	Deaf   bool // ignores conditions, as stores from before 2024 do

	mu      sync.Mutex
	objects map[string]s3Object
}

type s3Object struct {
	body     []byte
	modified time.Time
}

func (o s3Object) etag() string {
	sum := md5.Sum(o.body)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// StartS3 serves a bucket over HTTP, behind faults. It accepts any credentials.
func StartS3(t *testing.T, s *S3, faults func(*http.Request) Fault) spec.S3Settings {
	t.Helper()
	s.Bucket = "states"
	server := httptest.NewServer(Faulty{Next: s, Fault: faults})
	t.Cleanup(server.Close)
	endpoint, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return spec.S3Settings{Bucket: s.Bucket, Key: "a/fleet.json", Region: "eu-west-1", Endpoint: endpoint, UsePathStyle: true, LockLease: time.Minute}
}

// Age makes an object look older.
func (s *S3) Age(key string, by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects[key]
	o.modified = o.modified.Add(-by)
	s.objects[key] = o
}

// Object returns what is stored under a key, or nil.
func (s *S3) Object(key string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[key].body
}

// Put stores an object, as another client would.
func (s *S3) Put(key, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store(key, []byte(body))
}

func (s *S3) store(key string, body []byte) s3Object {
	if s.objects == nil {
		s.objects = map[string]s3Object{}
	}
	o := s3Object{body, time.Now()}
	s.objects[key] = o
	return o
}

func (s *S3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has hung up
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if bucket != s.Bucket {
		refuse(w, http.StatusNotFound, "NoSuchBucket")
		return
	}
	o, there := s.objects[key]
	if code := s.condition(r, o, there); code != 0 {
		refuse(w, code, map[int]string{http.StatusNotFound: "NoSuchKey", http.StatusPreconditionFailed: "PreconditionFailed"}[code])
		return
	}
	switch r.Method {
	case http.MethodPut:
		w.Header().Set("ETag", s.store(key, body).etag())
	case http.MethodDelete:
		delete(s.objects, key)
		w.WriteHeader(http.StatusNoContent)
	case http.MethodGet:
		w.Header().Set("ETag", o.etag())
		w.Header().Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
		w.Write(o.body)
	}
}

// condition returns the status with which a request is refused, or 0 if it is not.
func (s *S3) condition(r *http.Request, o s3Object, there bool) int {
	match, none := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	if s.Deaf {
		match, none = "", ""
	}
	switch {
	case none == "*" && there:
		return http.StatusPreconditionFailed
	case match != "" && there && strings.Trim(match, `"`) != strings.Trim(o.etag(), `"`):
		return http.StatusPreconditionFailed
	case (match != "" || r.Method == http.MethodGet) && !there:
		return http.StatusNotFound
	}
	return 0
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>The message of %[1]s.</Message><RequestId>1</RequestId></Error>`, code)
}
