package contract

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retainctl/retainctl/cli"
	"github.com/retainctl/retainctl/contract/s3gateway"
	ours "github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state/statetest"
)

// backends returns functions that start a new store behind faults and return its backend block.
func backends(gw *s3gateway.Gateway) map[string]func(t *testing.T, fault func(*http.Request) statetest.Fault) string {
	return map[string]func(t *testing.T, fault func(*http.Request) statetest.Fault) string{
		"S3": func(t *testing.T, fault func(*http.Request) statetest.Fault) string {
			return s3gateway.Backend(proxy(t, gw, fault).Host, gw.Bucket(t), "fleet/state.json")
		},
		"HTTP": func(t *testing.T, fault func(*http.Request) statetest.Fault) string {
			return httpBackend((&statetest.Terraform{GitLab: true}).Start(t, fault))
		},
	}
}

func httpBackend(s spec.HTTPSettings) string {
	return fmt.Sprintf("backend \"http\" {\n  address = %q\n  lock_address = %q\n  lock_method = %q\n  unlock_method = %q\n  username = %q\n  password = %q\n}\n",
		s.Address, s.LockAddress, s.LockMethod, s.UnlockMethod, s.Username, s.Password)
}

// TestS3Applies injects every fault at every request to the store in a small apply. The apply, and
// the next plan, must end as if there had been no fault. The HTTP backend is tested in the same
// way.
func TestS3Applies(t *testing.T) {
	gw := s3gateway.Start(t)
	credentials(t, gw)
	for name, backend := range backends(gw) {
		t.Run(name, func(t *testing.T) {
			calm, requests := statetest.AtRequest(0, statetest.None)
			smallApply(t, backend(t, calm), func() { requests.Store(0) })
			n := requests.Load()
			var trials sync.WaitGroup // each run is mostly waiting
			for _, kind := range statetest.Passing() {
				for at := range n {
					fault, requests := statetest.AtRequest(at+1, kind)
					block := backend(t, fault)
					trials.Go(func() {
						smallApply(t, block, func() { requests.Store(0) })
						if t.Failed() {
							t.Logf("%s at request %d", kind, at+1)
						}
					})
				}
				trials.Wait()
			}
			t.Logf("%d kinds of fault at each of %d requests of an apply and the plan after it", len(statetest.Passing()), n)
		})
	}
}

// smallApply creates two messages. Then it calls begin, updates one, deletes the other, creates a
// third, and plans.
func smallApply(t *testing.T, backend string, begin func()) {
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Error(err)
		return
	}
	configure := func(messages string) {
		text := "retainctl {\n  max_deletes = \"100%\"\n" + backend + "}\n" + messages
		if err := os.WriteFile(filepath.Join(dir, "main.retain.hcl"), []byte(text), 0o600); err != nil {
			t.Error(err)
		}
	}
	run := func(want string, args ...string) {
		var out bytes.Buffer
		code := cli.Run(args, cli.Env{
			Dir: dir, Signals: make(chan os.Signal), Exit: func(int) {}, Stdin: new(bytes.Buffer),
			Stdout: &out, Stderr: &out, Width: 200, Environ: []string{"NO_COLOR=1"},
		})
		if code != 0 || !strings.Contains(out.String(), want) {
			t.Errorf("%v: exit %d, want %q\n%s", args, code, want, out.String())
		}
	}
	configure("message \"a\" { payload = \"1\" }\nmessage \"b\" { payload = \"1\" }\n")
	run("2 added", "apply", "-auto-approve")
	configure("message \"a\" { payload = \"2\" }\nmessage \"c\" { payload = \"1\" }\n")
	begin()
	run("1 added, 1 changed, 1 destroyed", "apply", "-auto-approve")
	run("No changes.", "plan", "-detailed-exitcode")
}

// TestS3Races lets two processes apply at once, repeatedly, on each store: their publishes must
// never mix.
func TestS3Races(t *testing.T) {
	gw := s3gateway.Start(t)
	bin := buildProgram(t)
	all := backends(gw)
	all["local"] = func(t *testing.T, _ func(*http.Request) statetest.Fault) string {
		return fmt.Sprintf("backend \"local\" {\n  path = %q\n}\n", filepath.Join(t.TempDir(), "retain.state.json"))
	}
	for name, backend := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raceApplies(t, bin, backend(t, nil), gw.Env())
		})
	}
}

// order records to which of two applies each publish belongs.
type order struct {
	mu      sync.Mutex
	letters strings.Builder
}

func (o *order) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			o.mu.Lock()
			o.letters.WriteString(r.URL.Query().Get("contentType"))
			o.mu.Unlock()
			time.Sleep(5 * time.Millisecond)
		}
		next.ServeHTTP(w, r)
	})
}

func raceApplies(t *testing.T, bin, backend string, env []string) {
	const races, messages = 12, 5
	var seen order
	endpoint := httptest.NewServer(seen.before(newOurs(t, ours.Options{}).AWSHandler()))
	t.Cleanup(endpoint.Close)
	for race := range races {
		var both sync.WaitGroup
		for _, who := range []string{"a", "b"} {
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "main.retain.hcl"), fmt.Sprintf(
				"retainctl {\n%s}\nbroker \"aws_iot\" \"b\" {\n  region = \"eu-west-1\"\n  endpoint = %q\n}\nmessage \"m\" {\n  count = %d\n  topic = \"m/${count.index}\"\n  payload = \"%s %d\"\n  content_type = %[4]q\n}\n",
				backend, endpoint.URL, messages, who, race))
			both.Go(func() {
				cmd := exec.Command(bin, "apply", "-auto-approve", "-lock-timeout=1m", "-parallelism=1")
				cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("race %d, %s: %v\n%s", race, who, err, out)
				}
			})
		}
		both.Wait()
	}
	letters := seen.letters.String()
	if len(letters) != 2*races*messages {
		t.Errorf("%d publishes, want %d", len(letters), 2*races*messages)
	}
	for at := 0; at+messages <= len(letters); at += messages {
		if run := letters[at : at+messages]; strings.Trim(run, run[:1]) != "" {
			t.Fatalf("two applies mixed: %s", letters)
		}
	}
	t.Logf("%d races: %s", races, letters)
}
