package cli_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// devices writes a configuration of n messages on a broker.
func devices(t *testing.T, address string, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	var table bytes.Buffer
	table.WriteString("id,setpoint\n")
	for i := range n {
		fmt.Fprintf(&table, "dev-%06d,%d\n", i, 15+i%10)
	}
	write(t, filepath.Join(dir, "devices.csv"), table.Bytes())
	write(t, filepath.Join(dir, "main.retain.hcl"), fmt.Appendf(nil, `
broker "mqtt" "lab" { url = "mqtt://%s" }
message "device" {
  for_each = { for d in csvdecode(file("devices.csv")) : d.id => d }
  topic    = "site/a/${each.key}/config"
  payload  = jsonencode({ setpoint = tonumber(each.value.setpoint), note = "%s" })
}
`, address, strings.Repeat("x", 160)))
	return dir
}

// wholeFleet applies n messages and plans again, which must find all of them. Then it changes one and
// deletes one, which the next plan must find.
func wholeFleet(t *testing.T, m *brokertest.Mosquitto, dir string, n int) {
	t.Helper()
	step := func(code int, want string, args ...string) {
		t.Helper()
		began := time.Now()
		out, got := retainctl(dir, args...)
		t.Logf("%s of %d messages: %s", args[0], n, time.Since(began).Round(10*time.Millisecond))
		if got != code || !strings.Contains(out, want) {
			t.Fatalf("%s: exit status %d, want %d and %q\n%.3000s", args, got, code, want, out)
		}
	}
	step(0, fmt.Sprintf("Resources: %d added, 0 changed, 0 destroyed.", n), "apply", "-auto-approve")
	step(0, "No changes.", "plan", "-detailed-exitcode")
	host, port, _ := net.SplitHostPort(m.Address)
	for topic, payload := range map[string]string{fmt.Sprintf("site/a/dev-%06d/config", n/2): "hijacked", fmt.Sprintf("site/a/dev-%06d/config", n-1): ""} {
		pub := exec.Command("mosquitto_pub", "-h", host, "-p", port, "-q", "1", "-r", "-t", topic, "-m", payload)
		if payload == "" {
			pub.Args = append(pub.Args[:len(pub.Args)-2], "-n")
		}
		if out, err := pub.CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_pub: %v\n%s", err, out)
		}
	}
	step(2, "Plan: 1 to add, 1 to change, 0 to destroy.", "plan", "-detailed-exitcode")
}

// TestManyOnMosquitto uses mosquitto's default queue limits, under which a wildcard subscription at QoS 1
// shows 1,020 messages. MANY sets the number of messages; make test-brokers takes 100,000.
func TestManyOnMosquitto(t *testing.T) {
	n := 20_000
	if many := os.Getenv("MANY"); many != "" {
		var err error
		if n, err = strconv.Atoi(many); err != nil {
			t.Fatal(err)
		}
	}
	m := brokertest.StartMosquitto(t)
	wholeFleet(t, m, devices(t, m.Address, n), n)
}

// TestLossyBroker drops every 50th retained message on its way to the client.
func TestLossyBroker(t *testing.T) {
	const n = 3000
	m := brokertest.StartMosquitto(t)
	var sent, lost atomic.Int64
	lossy := brokertest.StartProxy(t, m.Address, func(p *brokertest.Passing) brokertest.Verdict {
		if message, ok := p.Decode().(*wire.Publish); ok && !p.ToBroker && message.Retain && sent.Add(1)%50 == 0 {
			lost.Add(1)
			return brokertest.Drop
		}
		return brokertest.Pass
	})
	wholeFleet(t, m, devices(t, lossy, n), n)
	if lost.Load() < 2*n/50 {
		t.Errorf("only %d messages were lost", lost.Load())
	}
}
