package statetest

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/retainctl/retainctl/spec"
)

// Terraform is a server of Terraform's HTTP protocol, written after the documentation of the http
// backend: GET, POST, LOCK and UNLOCK of one state. With GitLab set it serves the protocol as
// GitLab does, which is stricter.
type Terraform struct {
	GitLab             bool
	Username, Password string // the credentials that it requires

	mu      sync.Mutex
	body    []byte
	lock    map[string]any
	serials []float64 // written so far
	written int
}

// Start serves the protocol over HTTP, behind faults.
func (s *Terraform) Start(t *testing.T, faults func(*http.Request) Fault) spec.HTTPSettings {
	t.Helper()
	s.Username, s.Password = "ci", "pass word of the tests"
	server := httptest.NewServer(Faulty{Next: s, Fault: faults})
	t.Cleanup(server.Close)
	address, err := url.Parse(server.URL + "/api/v4/projects/7/terraform/state/fleet")
	if err != nil {
		t.Fatal(err)
	}
	settings := spec.HTTPSettings{
		Address: address, LockAddress: address.JoinPath("lock"), UnlockAddress: address.JoinPath("lock"),
		UpdateMethod: "POST", LockMethod: "LOCK", UnlockMethod: "UNLOCK", Username: s.Username, Password: s.Password,
	}
	if s.GitLab {
		settings.LockMethod, settings.UnlockMethod = "POST", "DELETE"
	}
	return settings
}

// Holder returns the ID of the lock, or nil if it is free.
func (s *Terraform) Holder() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lock["ID"]
}

// Body returns the stored document.
func (s *Terraform) Body() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.body
}

func (s *Terraform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has hung up
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := md5.Sum(body)
	user, password, _ := r.BasicAuth()
	locks := strings.HasSuffix(r.URL.Path, "/lock")
	switch {
	case user != s.Username || password != s.Password:
		w.WriteHeader(http.StatusUnauthorized)
	case len(body) > 0 && r.Header.Get("Content-MD5") != base64.StdEncoding.EncodeToString(sum[:]):
		w.WriteHeader(http.StatusBadRequest)
	case locks && r.Method == map[bool]string{false: "LOCK", true: "POST"}[s.GitLab]:
		s.take(w, body)
	case locks && r.Method == map[bool]string{false: "UNLOCK", true: "DELETE"}[s.GitLab]:
		s.release(w, body)
	case locks:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case r.Method == http.MethodGet:
		s.get(w)
	case r.Method == http.MethodPost:
		s.update(w, r, body)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (s *Terraform) get(w http.ResponseWriter) {
	if s.body == nil {
		w.WriteHeader(map[bool]int{false: http.StatusNotFound, true: http.StatusNoContent}[s.GitLab])
		return
	}
	w.Write(s.body)
}

// update stores a document. It refuses a write that does not hold the lock. GitLab takes the
// version from the body, and accepts none twice.
func (s *Terraform) update(w http.ResponseWriter, r *http.Request, body []byte) {
	if s.lock != nil && r.URL.Query().Get("ID") != s.lock["ID"] {
		w.WriteHeader(http.StatusConflict)
		return
	}
	var state struct{ Serial *float64 }
	if s.GitLab {
		if err := json.Unmarshal(body, &state); err != nil || state.Serial == nil || r.Header.Get("Content-Type") != "application/json" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if slices.Contains(s.serials, *state.Serial) {
			w.WriteHeader(http.StatusUnprocessableEntity)
			io.WriteString(w, `{"message":"Version has already been taken"}`)
			return
		}
		s.serials = append(s.serials, *state.Serial)
	}
	s.body = body
	s.written++
}

// take answers 423 if the lock is held, or 409 as GitLab does, with the holder's information.
func (s *Terraform) take(w http.ResponseWriter, body []byte) {
	var info map[string]any
	if err := json.Unmarshal(body, &info); err != nil || info["ID"] == nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, field := range []string{"ID", "Operation", "Info", "Who", "Version", "Created", "Path"} {
		if _, is := info[field].(string); !is {
			w.WriteHeader(http.StatusBadRequest) // GitLab requires all of them
			return
		}
	}
	if s.lock != nil {
		w.WriteHeader(map[bool]int{false: http.StatusLocked, true: http.StatusConflict}[s.GitLab])
		json.NewEncoder(w).Encode(s.lock)
		return
	}
	s.lock = info
	if s.GitLab {
		json.NewEncoder(w).Encode(info)
	}
}

// release releases the lock if the body names it. GitLab accepts an unlock of a free lock.
func (s *Terraform) release(w http.ResponseWriter, body []byte) {
	var info map[string]any
	json.Unmarshal(body, &info)
	if s.lock != nil && info["ID"] != s.lock["ID"] {
		w.WriteHeader(http.StatusConflict)
		return
	}
	s.lock = nil
}
