package contract

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is a server that runs for one test.
type program struct {
	path    string
	args    []string
	env     []string
	dir     string
	address string        // where it accepts connections
	within  time.Duration // how long that may take
}

// find returns the path of the program with the given name, or the first of the given paths that
// exists.
func find(t *testing.T, install string, paths ...string) string {
	t.Helper()
	for _, path := range paths {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	t.Fatalf("this test needs %s, and it is missing: %s", filepath.Base(paths[0]), install)
	return ""
}

// freePort returns a free port of the loopback interface.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// start starts the program and waits until it accepts connections. At the end of the test it is
// killed with all processes that it started.
func start(t *testing.T, p program) {
	t.Helper()
	var output bytes.Buffer
	cmd := exec.Command(p.path, p.args...)
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), p.env...)
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A grandchild that survives the kill may keep the output open.
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() { cmd.Wait(); close(exited) }()
	stop := func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-exited
	}
	t.Cleanup(stop)
	if err := awaitPort(p.address, exited, p.within); err != nil {
		stop()
		t.Fatalf("start %s: %v\n%s", p.path, err, lastLines(output.String(), 40))
	}
}

func awaitPort(address string, exited <-chan struct{}, within time.Duration) error {
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		if conn, err := net.Dial("tcp", address); err == nil {
			return conn.Close()
		}
		select {
		case <-exited:
			return fmt.Errorf("it exited")
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("nothing listens on %s after %s", address, within)
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
