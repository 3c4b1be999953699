package brokertest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Mosquitto is a mosquitto process that runs for one test.
type Mosquitto struct {
	Address string // host:port
	Process *os.Process
	Log     *bytes.Buffer // complete once the process has ended
	exited  chan struct{}
}

// StartMosquitto starts mosquitto on a free port of the loopback interface, with the given lines
// after its listener line, and waits until it accepts connections. Without lines everybody may
// connect.
func StartMosquitto(t testing.TB, config ...string) *Mosquitto {
	t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/mosquitto"); err != nil {
			t.Fatal("this test needs mosquitto: apt-get install mosquitto mosquitto-clients")
		}
	}
	if len(config) == 0 {
		config = []string{"allow_anonymous true"}
	}
	m := &Mosquitto{Address: freeAddress(t), Log: new(bytes.Buffer), exited: make(chan struct{})}
	_, port, _ := net.SplitHostPort(m.Address)
	file := filepath.Join(t.TempDir(), "mosquitto.conf")
	// Started by root, it would become the user mosquitto, who may not read the test's files.
	text := "user root\nlistener " + port + " 127.0.0.1\n"
	for _, line := range config {
		text += line + "\n"
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-c", file)
	cmd.Stdout, cmd.Stderr = m.Log, m.Log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	m.Process = cmd.Process
	go func() { cmd.Wait(); close(m.exited) }()
	t.Cleanup(m.Kill)
	if err := m.awaitPort(); err != nil {
		m.Kill()
		t.Fatalf("start mosquitto: %v\n%s", err, m.Log)
	}
	return m
}

// AnnouncingMosquittos starts one for each case of what a broker announces, set up to announce it.
func AnnouncingMosquittos(t testing.TB) map[string]string {
	t.Helper()
	found := map[string]string{}
	for name, line := range map[string]string{
		ReceiveMaximum1:     "max_inflight_messages 1",
		ReceiveMaximum65535: "max_inflight_messages 65535",
		MaximumQoS1:         "max_qos 1",
		MaximumQoS0:         "max_qos 0",
		MaximumPacketSize:   fmt.Sprintf("max_packet_size %d", packetSize),
		RetainNotAvailable:  "retain_available false",
	} {
		found[name] = StartMosquitto(t, "allow_anonymous true", line).Address
	}
	return found
}

// Kill ends the process as a crash would, and waits until it is gone.
func (m *Mosquitto) Kill() {
	m.Process.Kill()
	<-m.exited
}

func (m *Mosquitto) awaitPort() error {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if conn, err := net.Dial("tcp", m.Address); err == nil {
			return conn.Close()
		}
		select {
		case <-m.exited:
			return fmt.Errorf("it exited")
		case <-time.After(5 * time.Millisecond):
		}
	}
	return fmt.Errorf("it listens on %s not", m.Address)
}

func freeAddress(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
