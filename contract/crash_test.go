package contract

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/retainctl/retainctl/cli/crashtest"
	"github.com/retainctl/retainctl/contract/s3gateway"
)

// TestKilledAnywhereOnS3 kills the real binary at random moments of its applies while its state is
// in S3. RETAINCTL_TEST_KILLS sets how often.
func TestKilledAnywhereOnS3(t *testing.T) {
	kills := 10
	if n, err := strconv.Atoi(os.Getenv("RETAINCTL_TEST_KILLS")); err == nil {
		kills = n
	}
	bin := filepath.Join(t.TempDir(), "retainctl")
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build retainctl: %v\n%s", err, out)
	}
	gw := s3gateway.Start(t)
	served, _ := crashtest.StartBroker(t, bin)
	crashtest.Run(t, crashtest.Bench{
		Kills: kills, Untracked: true, Bin: bin, Env: gw.Env(), Port: served, MaxQoS: 2,
		Broker: map[string]any{"mqtt": map[string]any{"b": map[string]any{"url": "mqtt://" + served, "kind": "mosquitto"}}},
		Setup: map[string]any{"backend": map[string]any{"s3": map[string]any{
			"bucket": gw.Bucket(t), "key": "crash/state.json", "region": "eu-west-1", "endpoint": "http://" + gw.Address, "use_path_style": true,
		}}},
		Killed: func(dir string) { unlock(t, bin, dir, gw.Env()) },
	})
}

// lockID finds the ID of a lock in the message that says who holds it.
var lockID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// unlock releases the lock that a killed holder left, as a user would who does not wait for the
// lease to end.
func unlock(t *testing.T, bin, dir string, env []string) {
	run := func(args ...string) (string, error) {
		cmd := exec.Command(bin, args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	text, err := run("plan", "-refresh-only")
	if err == nil {
		return // it was killed before it had the lock
	}
	id := lockID.FindString(text)
	if id == "" {
		t.Fatalf("the state cannot be locked after a kill, and no lock is named:\n%s", text)
	}
	if out, err := run("force-unlock", "-force", id); err != nil {
		t.Fatalf("force-unlock: %v\n%s", err, out)
	}
}
