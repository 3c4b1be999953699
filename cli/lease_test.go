package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/retainctl/retainctl/cli"
	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/state/statetest"
)

// awsEnv returns credentials that every fake accepts, and more variables.
func awsEnv(more ...string) []string {
	return append([]string{"NO_COLOR=1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true"}, more...)
}

// slowFleet is a folder with n messages on a broker that takes 200 ms for each, and with its state in a
// bucket whose lock has a lease of two seconds.
type slowFleet struct {
	dir    string
	bucket *statetest.S3
	sent   atomic.Int64 // the number of publishes
}

func newSlowFleet(t *testing.T, n int, fault func(*http.Request) statetest.Fault) *slowFleet {
	t.Helper()
	for _, variable := range awsEnv() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value) // the SDK reads the process's own
	}
	b, _ := newBroker(t, server.Options{})
	f := &slowFleet{dir: t.TempDir(), bucket: &statetest.S3{}}
	aws := b.AWSHandler()
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			f.sent.Add(1)
			time.Sleep(200 * time.Millisecond)
		}
		aws.ServeHTTP(w, r)
	}))
	t.Cleanup(endpoint.Close)
	settings := statetest.StartS3(t, f.bucket, fault)
	write(t, filepath.Join(f.dir, "main.retain.hcl"), []byte(fmt.Sprintf(`
retainctl {
  backend "s3" {
    bucket = %q
    key = "fleet.json"
    region = "eu-west-1"
    endpoint = %q
    use_path_style = true
    lock_lease = "2s"
  }
}
broker "aws_iot" "slow" {
  region = "eu-west-1"
  endpoint = %q
}
message "m" {
  count = %d
  topic = "m/${count.index}"
  payload = "x"
}
`, settings.Bucket, settings.Endpoint.String(), endpoint.URL, n)))
	return f
}

// run runs a command in the folder.
func (f *slowFleet) run(args ...string) (stdout, stderr string, exit int) {
	var out, errs sharedBuffer
	exit = cli.Run(args, cli.Env{
		Dir: f.dir, Signals: make(chan os.Signal), Exit: func(int) {}, Stdin: new(bytes.Buffer), Stdout: &out, Stderr: &errs, Width: 100_000,
		Environ: awsEnv("GITHUB_RUN_ID=42", "GITHUB_SERVER_URL=https://github.example", "GITHUB_REPOSITORY=acme/fleet"),
	})
	return out.String(), errs.String(), exit
}

// TestLostLease applies with a store that stops answering renewals meanwhile: publishing must stop well
// before the lease ends, what was published must be saved, and the exit status must be 1.
func TestLostLease(t *testing.T) {
	const n = 60 // 12 s
	var f *slowFleet
	var over atomic.Bool
	f = newSlowFleet(t, n, func(r *http.Request) statetest.Fault {
		switch {
		case f == nil || f.sent.Load() == 0 || over.Load() || !strings.HasSuffix(r.URL.Path, ".lock"):
			return statetest.None
		case r.Method == http.MethodPut:
			return statetest.Silence
		}
		return statetest.Cut
	})
	began := time.Now()
	_, stderr, exit := f.run("apply", "-auto-approve", "-parallelism=1")
	sent := f.sent.Load()
	over.Store(true)
	if exit != 1 || !strings.Contains(stderr, "The lock was lost") || !strings.Contains(stderr, "could not be renewed") {
		t.Errorf("exit %d\n%s", exit, stderr)
	}
	if sent == 0 || sent > 15 || time.Since(began) > 10*time.Second {
		t.Errorf("%d messages were published in %s", sent, time.Since(began))
	}
	if strings.Contains(string(f.bucket.Object("fleet.json")), "pending") {
		t.Error("what was not sent is pending")
	}
	f.bucket.Age("fleet.json.lock", time.Hour)
	stdout, stderr, exit := f.run("plan")
	if want := fmt.Sprintf("Plan: %d to add", n-sent); exit != 0 || !strings.Contains(stdout, want) {
		t.Errorf("exit %d, want %q\n%s%s", exit, want, stdout, stderr)
	}
	for _, want := range []string{"its lease of 2s is over", "https://github.example/acme/fleet/actions/runs/42"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("the takeover does not say %q:\n%s", want, stderr)
		}
	}
}

// TestDeadStore applies with a store that fails every request from the first publish on.
func TestDeadStore(t *testing.T) {
	var down atomic.Bool
	var f *slowFleet
	f = newSlowFleet(t, 30, func(*http.Request) statetest.Fault {
		if down.Load() || f != nil && f.sent.Load() > 0 {
			down.Store(true)
			return statetest.Error500
		}
		return statetest.None
	})
	_, stderr, exit := f.run("apply", "-auto-approve", "-parallelism=1")
	for _, want := range []string{"The lock was lost", "The state could not be written", "retainctl state push errored.retain.state.json"} {
		if exit != 1 || !strings.Contains(stderr, want) {
			t.Errorf("exit %d, want %q\n%s", exit, want, stderr)
		}
	}
	f.sent.Store(0)
	down.Store(false)
	f.bucket.Age("fleet.json.lock", time.Hour)
	if _, stderr, exit := f.run("state", "push", "errored.retain.state.json"); exit != 0 {
		t.Fatalf("exit %d\n%s", exit, stderr)
	}
	if stdout, stderr, exit := f.run("plan"); exit != 0 || strings.Contains(stdout, "interrupted") {
		t.Errorf("exit %d\n%s%s", exit, stdout, stderr)
	}
}

// TestInterruptedAtThePrompt checks that Ctrl-C at the question releases the lock.
func TestInterruptedAtThePrompt(t *testing.T) {
	f := newSlowFleet(t, 1, nil)
	signals := make(chan os.Signal, 1)
	var screen sharedBuffer
	stdin, typing := io.Pipe()
	defer typing.Close()
	go func() {
		for !strings.Contains(screen.String(), "Enter a value") {
			time.Sleep(5 * time.Millisecond)
		}
		if f.bucket.Object("fleet.json.lock") == nil {
			t.Error("nothing is locked at the prompt")
		}
		signals <- os.Interrupt
	}()
	exit := cli.Run([]string{"apply"}, cli.Env{
		Dir: f.dir, Signals: signals, Exit: func(int) {}, Stdin: stdin, Stdout: &screen, Stderr: &screen, Width: 200,
		StdinTTY: true, StdoutTTY: true, StderrTTY: true, Environ: awsEnv(),
	})
	if exit != 130 || f.bucket.Object("fleet.json.lock") != nil || f.sent.Load() != 0 {
		t.Errorf("exit %d, lock %s\n%s", exit, f.bucket.Object("fleet.json.lock"), screen.String())
	}
}
