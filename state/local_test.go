package state_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
	"github.com/retainctl/retainctl/state/statetest"
)

func TestLocalContract(t *testing.T) {
	statetest.Run(t, func(t *testing.T) (a, b state.Store) {
		path := filepath.Join(t.TempDir(), "not", "there", "yet", "retain.state.json")
		return state.NewLocal(path), state.NewLocal(path)
	})
}

// TestMain plays the role of a child process if the environment names one: the tests below start
// this test binary again.
func TestMain(m *testing.M) {
	if role := os.Getenv("STATE_TEST_ROLE"); role != "" {
		if err := play(role, os.Getenv("STATE_TEST_PATH")); err != nil {
			fmt.Println(err)
			os.Exit(3)
		}
		return
	}
	os.Exit(m.Run())
}

func play(role, path string) error {
	ctx, store := context.Background(), state.NewLocal(path)
	switch role {
	case "write for ever":
		s, version, err := store.Read(ctx)
		for err == nil {
			s.Serial++
			version, err = store.Write(ctx, s, version)
			fmt.Println(s.Serial)
		}
		return err
	case "hold the lock":
		if _, _, err := store.Lock(ctx, state.NewLockInfo("apply", path, time.Now())); err != nil {
			return err
		}
		fmt.Println("held")
		select {}
	case "write once":
		s, version, err := store.Read(ctx)
		if err != nil {
			return err
		}
		s.Serial++
		_, err = store.Write(ctx, s, version)
		return err
	}
	return fmt.Errorf("unknown role %q", role)
}

func child(t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "STATE_TEST_ROLE="+role, "STATE_TEST_PATH="+path)
	return cmd
}

// start starts a child process and waits for its first line.
func start(t *testing.T, role, path string) *exec.Cmd {
	t.Helper()
	cmd := child(t, role, path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if _, err := out.Read(make([]byte, 64)); err != nil {
		t.Fatalf("%s: %v", role, err)
	}
	go func() { // the child must not block on a full pipe
		for buf := make([]byte, 4096); err == nil; {
			_, err = out.Read(buf)
		}
	}()
	return cmd
}

// written writes a state with the given number of records and returns its path.
func written(t *testing.T, records int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "retain.state.json")
	s, err := state.NewSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	for i := range records {
		m := mqtt.Message{Topic: fmt.Sprint("topic/", i), Payload: bytes.Repeat([]byte("x"), 100)}
		s.Records[state.Key{Broker: "b", Topic: m.Topic}] = state.Record{Sealed: state.Seal(m, mqtt.Redaction{}, nil)}
	}
	if _, err := state.NewLocal(path).Write(t.Context(), s, ""); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKilledWriterLeavesAWholeDocument(t *testing.T) {
	path := written(t, 500)
	for i := range 20 {
		cmd := start(t, "write for ever", path)
		time.Sleep(time.Duration(i%7) * time.Millisecond) // not a wait for something: it varies the moment of the kill
		cmd.Process.Kill()
		cmd.Wait()
		s, _, err := state.NewLocal(path).Read(t.Context())
		if err != nil || len(s.Records) != 500 || s.Serial == 0 {
			t.Fatalf("after a kill: %v", err)
		}
	}
	// The next writer removes what a kill between two steps leaves, and nothing else.
	theirs := []string{".retain.state.json.tmp12x", ".retain.state.json.tmp5"}
	for name, text := range map[string]string{
		".retain.state.json.tmp123": "", ".retain.state.json.tmp1": `{"format_ver`, theirs[0]: "", theirs[1]: "theirs",
	} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, version, err := state.NewLocal(path).Read(t.Context())
	if err == nil {
		_, err = state.NewLocal(path).Write(t.Context(), s, version)
	}
	if err != nil {
		t.Fatal(err)
	}
	onlyFiles(t, filepath.Dir(path), theirs[0], theirs[1], "retain.state.json")
}

func onlyFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Errorf("the folder holds %q, want %q", names, want)
	}
}

func TestKilledHolderFreesItsLock(t *testing.T) {
	path := written(t, 1)
	holder := start(t, "hold the lock", path)
	store := state.NewLocal(path)
	_, _, err := store.Lock(t.Context(), state.NewLockInfo("plan", path, time.Now()))
	var locked *state.LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("while another process holds the lock: %v", err)
	}
	for _, want := range []string{locked.Holder.Who, "@", "apply", locked.Holder.ID, path, "-lock-timeout"} {
		if want == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	holder.Process.Kill()
	holder.Wait()
	_, unlock, err := store.Lock(t.Context(), state.NewLockInfo("plan", path, time.Now()))
	if err != nil {
		t.Fatalf("after the holder was killed: %v", err)
	}
	if err := unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A file size limit simulates a full disk: the write fails after some bytes.
func TestWriteThatFailsHalfwayKeepsTheOldDocument(t *testing.T) {
	path := written(t, 500)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	writer := child(t, "write once", path)
	limited := exec.Command("sh", append([]string{"-c", `trap '' XFSZ; ulimit -f 16; exec "$0"`}, writer.Path)...)
	limited.Env = writer.Env
	out, err := limited.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "file too large") {
		t.Fatalf("a write beyond the limit returned %v: %s", err, out)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the old document is gone: %v", err)
	}
	onlyFiles(t, filepath.Dir(path), "retain.state.json")
}

func TestWriteToAFolderThatCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file", "retain.state.json")
	if err := os.WriteFile(filepath.Dir(path), nil, 0o600); err != nil { // a file where the folder would be
		t.Fatal(err)
	}
	store := state.NewLocal(path)
	if _, _, err := store.Read(t.Context()); err == nil {
		t.Error("Read says that there is no state")
	}
	s, _ := state.NewSnapshot()
	if _, err := store.Write(t.Context(), s, ""); err == nil {
		t.Error("Write succeeds")
	}
	if _, _, err := store.Lock(t.Context(), state.LockInfo{}); err == nil {
		t.Error("Lock succeeds")
	}
}

func TestReadOnlyFolder(t *testing.T) {
	dir := filepath.Dir(written(t, 1))
	writer := child(t, "write once", filepath.Join(dir, "retain.state.json"))
	if os.Getuid() == 0 { // permissions do not bind root, so the child runs as nobody
		writer = asNobody(t, writer, &dir)
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	out, err := writer.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "permission denied") {
		t.Errorf("a write returned %v: %s", err, out)
	}
	if s, _, err := state.NewLocal(filepath.Join(dir, "retain.state.json")).Read(t.Context()); err != nil || s.Serial != 0 {
		t.Errorf("the old document is gone: %v", err)
	}
}

// asNobody copies the child's program and folder to where the user nobody can reach them, and lets
// it run as that user.
func asNobody(t *testing.T, cmd *exec.Cmd, dir *string) *exec.Cmd {
	t.Helper()
	const nobody = 65534
	open, err := os.MkdirTemp("", "state")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(open) })
	moved, exe := filepath.Join(open, "folder"), filepath.Join(open, "test")
	for _, err := range []error{
		os.Chmod(open, 0o755),
		os.CopyFS(moved, os.DirFS(*dir)),
		os.Chown(moved, nobody, nobody),
		os.Chown(filepath.Join(moved, "retain.state.json"), nobody, nobody),
		copyFile(exe, cmd.Path),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	*dir = moved
	other := child(t, "write once", filepath.Join(moved, "retain.state.json"))
	other.Path = exe
	other.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	return other
}

func copyFile(to, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o755)
}

func TestLinksToOneStateAreOneLock(t *testing.T) {
	path := written(t, 1)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	_, unlock, err := state.NewLocal(path).Lock(t.Context(), state.LockInfo{Who: "alice@one"})
	if err != nil {
		t.Fatal(err)
	}
	defer unlock(t.Context())
	var locked *state.LockedError
	if _, _, err := state.NewLocal(link).Lock(t.Context(), state.LockInfo{}); !errors.As(err, &locked) {
		t.Errorf("a lock through a link returned %v", err)
	}
}

func TestReadRefusesADamagedFile(t *testing.T) {
	path := written(t, 3)
	data, _ := os.ReadFile(path)
	for _, bad := range [][]byte{nil, data[:len(data)-20], []byte(`{"version": 4}`)} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, version, err := state.NewLocal(path).Read(t.Context())
		var damaged *state.DamagedError
		if s != nil || version == "" || !errors.As(err, &damaged) || !strings.Contains(err.Error(), path) {
			t.Errorf("%q: %v, %q, %v", bad, s, version, err)
		}
		fresh, _ := state.NewSnapshot()
		if _, err := state.NewLocal(path).Write(t.Context(), fresh, ""); !errors.Is(err, state.ErrConflict) {
			t.Errorf("a damaged file was overwritten: %v", err)
		}
	}
}

func TestNewLockInfo(t *testing.T) {
	at := time.Date(2026, 3, 1, 13, 0, 0, 0, time.FixedZone("", 3600))
	info := state.NewLockInfo("apply", "f", at)
	if info.Operation != "apply" || info.Path != "f" || !info.Created.Equal(at) || !strings.Contains(info.Who, "@") || len(info.ID) != 36 {
		t.Errorf("got %+v", info)
	}
	if info.ID == state.NewLockInfo("apply", "f", at).ID {
		t.Error("two locks have the same ID")
	}
}

func TestLocalRaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "retain.state.json")
	statetest.Races(t, 1000, state.NewLocal(path), state.NewLocal(path))
}

// TestWritersWithoutALock lets writers that read the same state write at the same time: one
// succeeds, and the others get ErrConflict.
func TestWritersWithoutALock(t *testing.T) {
	const writers, rounds = 4, 20
	path := filepath.Join(t.TempDir(), "new", "retain.state.json")
	var since state.Version
	for round := range rounds {
		written := make(chan state.Version, writers)
		var all sync.WaitGroup
		for range writers {
			s, err := state.NewSnapshot()
			if err != nil {
				t.Fatal(err)
			}
			s.Serial = uint64(round + 1)
			all.Go(func() {
				version, err := state.NewLocal(path).Write(t.Context(), s, since)
				switch {
				case err == nil:
					written <- version
				case !errors.Is(err, state.ErrConflict):
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		all.Wait()
		if len(written) != 1 {
			t.Fatalf("round %d: %d of %d writers succeeded", round, len(written), writers)
		}
		since = <-written
	}
}
