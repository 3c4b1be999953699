package crashtest

import (
	"bytes"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// StartBroker runs "retainctl broker" on two free ports until the test ends.
func StartBroker(t testing.TB, bin string) (mqtt, aws string) {
	t.Helper()
	mqtt, aws = freeAddress(t), freeAddress(t)
	cmd := exec.Command(bin, "broker", "-mqtt="+mqtt, "-aws="+aws, "-store="+filepath.Join(t.TempDir(), "served.db"))
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for _, address := range []string{mqtt, aws} {
		for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if conn, err := net.Dial("tcp", address); err == nil {
				conn.Close()
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("retainctl broker does not listen on %s", address)
			}
		}
	}
	return mqtt, aws
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
