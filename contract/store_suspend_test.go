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
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/retainctl/retainctl/contract/s3gateway"
	ours "github.com/retainctl/retainctl/embedded/server"
)

// TestS3Suspended stops a process in the middle of an apply, as a sleeping machine would, until its
// lease has ended and another process has taken the lock. When it continues, it must publish
// nothing more than what was already in flight.
func TestS3Suspended(t *testing.T) {
	t.Parallel()
	gw := s3gateway.Start(t)
	bin := buildProgram(t)
	var sent atomic.Int64
	aws := newOurs(t, ours.Options{}).AWSHandler()
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			sent.Add(1)
			time.Sleep(100 * time.Millisecond)
		}
		aws.ServeHTTP(w, r)
	}))
	defer endpoint.Close()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "main.retain.hcl"), fmt.Sprintf(
		"retainctl {\n%s}\nbroker \"aws_iot\" \"b\" {\n  region = \"eu-west-1\"\n  endpoint = %q\n}\nmessage \"m\" {\n  count = 100\n  topic = \"m/${count.index}\"\n  payload = \"x\"\n}\n",
		gw.Backend(gw.Bucket(t), "fleet.json", `lock_lease = "2s"`), endpoint.URL))
	command := func(args ...string) (*exec.Cmd, *bytes.Buffer) {
		var out bytes.Buffer
		cmd := exec.Command(bin, args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), gw.Env()...)
		cmd.Stdout, cmd.Stderr = &out, &out
		return cmd, &out
	}
	first, said := command("apply", "-auto-approve", "-parallelism=1")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); sent.Load() < 3 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
	}
	first.Process.Signal(syscall.SIGSTOP)
	time.Sleep(3 * time.Second) // the lease, and the second to which S3's times are truncated
	second, alsoSaid := command("plan")
	if err := second.Run(); err != nil || !strings.Contains(alsoSaid.String(), "was taken over") {
		t.Errorf("%v\n%s", err, alsoSaid)
	}
	before := sent.Load()
	first.Process.Signal(syscall.SIGCONT)
	first.Wait()
	if code := first.ProcessState.ExitCode(); code != 1 || !strings.Contains(said.String(), "The lock was lost") {
		t.Errorf("exit %d\n%s", code, said)
	}
	if after := sent.Load() - before; before < 3 || after > 5 {
		t.Errorf("%d messages were published after the lock was taken over, %d before", after, before)
	}
	third, planned := command("plan")
	if err := third.Run(); err != nil || !strings.Contains(planned.String(), fmt.Sprintf("Plan: %d to add", 100-sent.Load())) {
		t.Errorf("%d were published, and then: %v\n%s", sent.Load(), err, planned)
	}
}

// buildProgram builds retainctl.
func buildProgram(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "retainctl")
	if out, err := exec.Command("go", "build", "-o", bin, "github.com/retainctl/retainctl").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}
