package remote_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
	"github.com/retainctl/retainctl/state/remote"
	"github.com/retainctl/retainctl/state/statetest"
)

func openHTTP(t *testing.T, settings spec.HTTPSettings) *remote.HTTP {
	t.Helper()
	s, err := remote.OpenHTTP(settings, remote.Options{Note: func(text string) { t.Log(text) }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// kinds are the servers of the protocol.
func kinds() map[string]func() *statetest.Terraform {
	return map[string]func() *statetest.Terraform{
		"as documented": func() *statetest.Terraform { return &statetest.Terraform{} },
		"as GitLab":     func() *statetest.Terraform { return &statetest.Terraform{GitLab: true} },
	}
}

func TestHTTPContract(t *testing.T) {
	for name, server := range kinds() {
		t.Run(name, func(t *testing.T) {
			statetest.Run(t, func(t *testing.T) (a, b state.Store) {
				settings := server().Start(t, nil)
				return openHTTP(t, settings), openHTTP(t, settings)
			})
		})
	}
}

// TestHTTPFaults injects every kind of fault at every request of a locked change.
func TestHTTPFaults(t *testing.T) {
	for name, server := range kinds() {
		t.Run(name, func(t *testing.T) {
			statetest.Faults(t, statetest.Passing(), func(t *testing.T, fault func(*http.Request) statetest.Fault) state.Store {
				return openHTTP(t, server().Start(t, fault))
			})
		})
	}
}

// TestHTTPBody checks that a server gets one JSON value with the serial in it, and that its lines
// are those of the document.
func TestHTTPBody(t *testing.T) {
	server := &statetest.Terraform{GitLab: true}
	s := openHTTP(t, server.Start(t, nil))
	write(t, s, "")
	var body struct {
		Serial  *int
		Lineage string
		State   []json.RawMessage `json:"retainctl_state"`
	}
	if err := json.Unmarshal(server.Body(), &body); err != nil || body.Serial == nil || body.Lineage == "" || len(body.State) != 2 {
		t.Errorf("%v\n%s", err, server.Body())
	}
	if lines := bytes.Split(server.Body(), []byte("\n")); len(lines) != 5 || !bytes.HasPrefix(lines[1], []byte(`{"format_version":1`)) {
		t.Errorf("the lines are not the document's:\n%s", server.Body())
	}
}

func TestHTTPForceUnlock(t *testing.T) {
	for name, start := range kinds() {
		t.Run(name, func(t *testing.T) {
			server := start()
			settings := server.Start(t, nil)
			s := openHTTP(t, settings)
			if err := s.ForceUnlock(t.Context(), "1"); !errors.Is(err, state.ErrNotLocked) || server.Holder() != nil {
				t.Errorf("of no lock: %v, %v is left", err, server.Holder())
			}
			if _, _, err := openHTTP(t, settings).Lock(t.Context(), info("alice")); err != nil {
				t.Fatal(err)
			}
			if err := s.ForceUnlock(t.Context(), "1"); err == nil || !strings.Contains(err.Error(), "alice") {
				t.Errorf("of another lock: %v", err)
			}
			if err := s.ForceUnlock(t.Context(), info("alice").ID); err != nil || server.Holder() != nil {
				t.Errorf("%v, %v is left", err, server.Holder())
			}
		})
	}
}

func TestHTTPWithoutLock(t *testing.T) {
	settings := new(statetest.Terraform).Start(t, nil)
	settings.LockAddress = nil
	var note string
	s, err := remote.OpenHTTP(settings, remote.Options{Note: func(text string) { note = text }})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Lock(t.Context(), info("alice")); err != nil || !strings.Contains(note, "nothing keeps two runs apart") {
		t.Errorf("%v, said %q", err, note)
	}
}

// TestHTTPMessages checks that failures say what to do, and never the password.
func TestHTTPMessages(t *testing.T) {
	const password = "hunter2"
	answer := func(status int, body string, header ...string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if len(header) > 0 {
				w.Header().Set(header[0], header[1])
			}
			w.WriteHeader(status)
			w.Write([]byte(body))
		})
	}
	read := func(t *testing.T, s state.Store) error { _, _, err := s.Read(t.Context()); return err }
	take := func(t *testing.T, s state.Store) error { _, _, err := s.Lock(t.Context(), info("alice")); return err }
	for _, tc := range []struct {
		name   string
		answer http.Handler
		do     func(*testing.T, state.Store) error
		want   []string
	}{
		{"unauthorized", answer(401, "no: "+password), read, []string{"401", "username and password"}},
		{"forbidden", answer(403, `{"message":"403 Forbidden"}`), read, []string{"may not read", "403 Forbidden", "Developer"}},
		{"hidden project", answer(404, `{"message":"404 Project Not Found"}`), read, []string{"read http", "hidden from this user", "Project Not Found"}},
		{"nothing to lock", answer(404, ""), take, []string{"lock http", "hidden from this user"}},
		{"method", answer(405, ""), take, []string{"lock_method", "GitLab: POST"}},
		{"redirect", answer(302, "", "Location", "https://elsewhere.example/state?token=secret"), take, []string{"it redirects, to https://elsewhere.example/state,"}},
		{"redirects without end", answer(302, "", "Location", "/again"), read, []string{"from one address to the next"}},
		{"echo", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			fmt.Fprintln(w, r.Header.Get("Authorization"))
		}), read, []string{"400 Bad Request: see the server's log"}},
		{"echo of the address", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			fmt.Fprintln(w, "no such path:", r.URL)
		}), read, []string{"400 Bad Request: see the server's log"}},
		{"a holder without a name", answer(423, "<html>"), func(t *testing.T, s state.Store) error { return s.ForceUnlock(t.Context(), "1") }, []string{"does not say which lock"}},
		{"html", answer(400, "<html>long"), read, []string{"400 Bad Request"}},
		{"down", answer(503, "maintenance"), read, []string{"503", "5 times", "maintenance"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			u := serve(t, tc.answer)
			u.RawQuery = "token=" + password
			err := tc.do(t, openHTTP(t, spec.HTTPSettings{Address: u, LockAddress: u, UnlockAddress: u, LockMethod: "LOCK", Username: "u", Password: password}))
			wantSaid(t, err, tc.want)
			for _, secret := range []string{password, "token=", base64.StdEncoding.EncodeToString([]byte("u:" + password))} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("the error says %q", secret)
				}
			}
		})
	}
	if _, err := remote.OpenHTTP(spec.HTTPSettings{}, remote.Options{}); err == nil || !strings.Contains(err.Error(), "-backend-config=address=") {
		t.Errorf("without an address: %v", err)
	}
}

// TestHTTPEcho checks that a server which prints the request into its error is not quoted.
func TestHTTPEcho(t *testing.T) {
	t.Parallel()
	const password, token = "hunter2 \"&\\ü", "query/token+1"
	for name, say := range map[string]func(*http.Request) string{
		"the header":   func(r *http.Request) string { return "denied: Authorization: " + r.Header.Get("Authorization") },
		"the password": func(r *http.Request) string { _, p, _ := r.BasicAuth(); return "denied " + p },
		"the user":     func(r *http.Request) string { u, _, _ := r.BasicAuth(); return "no user " + u },
		"as JSON":      func(r *http.Request) string { _, p, _ := r.BasicAuth(); return fmt.Sprintf("denied %q", p) },
		"the address":  func(r *http.Request) string { return "nothing at " + r.URL.String() },
		"the query":    func(r *http.Request) string { return "no token " + r.URL.Query().Get("private") },
	} {
		u := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			io.WriteString(w, say(r))
		}))
		u.RawQuery = url.Values{"private": {token}}.Encode()
		_, _, err := openHTTP(t, spec.HTTPSettings{Address: u, Username: "user", Password: password}).Read(t.Context())
		if err == nil || !strings.HasSuffix(err.Error(), "see the server's log") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHTTPDead checks that the error names a server that is absent or silent, without its password.
func TestHTTPDead(t *testing.T) {
	t.Parallel()
	dead := nobody(t)
	dead.RawQuery = "token=hunter2"
	err := func(u *url.URL) error {
		_, _, err := openHTTP(t, spec.HTTPSettings{Address: u, Username: "u", Password: "hunter2"}).Read(t.Context())
		return err
	}(dead)
	if err == nil || !strings.Contains(err.Error(), "connect to "+dead.Host) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestHTTPRaces(t *testing.T) {
	settings := new(statetest.Terraform).Start(t, nil)
	statetest.Races(t, 1000, openHTTP(t, settings), openHTTP(t, settings))
}
