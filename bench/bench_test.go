// Package bench measures the figures in the documentation, with the real binary, and compares them
// with what a user would run instead. "make bench" runs it; it contains no tests.
package bench

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

const configuration = `
locals { devices = csvdecode(file("devices.csv")) }
message "device" {
  for_each = { for d in local.devices : d.id => d }
  topic    = "site/a/${each.key}/config"
  payload  = jsonencode({ setpoint = tonumber(each.value.setpoint), unit = "C", room = each.value.room })
}
`

// build compiles the program once for a benchmark.
func build(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "retainctl")
	if out, err := exec.Command("go", "build", "-o", path, "..").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// fleet writes a configuration of n devices; generation changes every payload.
func fleet(b *testing.B, dir, brokers string, n, generation int) {
	b.Helper()
	var csv bytes.Buffer
	csv.WriteString("id,setpoint,room\n")
	for i := range n {
		fmt.Fprintf(&csv, "dev-%06d,%d,room %d\n", i, 15+generation+i%10, i/4)
	}
	write(b, filepath.Join(dir, "devices.csv"), csv.Bytes())
	write(b, filepath.Join(dir, "main.retain.hcl"), []byte(brokers+configuration))
}

func write(b *testing.B, path string, data []byte) {
	b.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.Fatal(err)
	}
}

// run runs the program and returns how long it took.
func run(b *testing.B, bin, dir string, args ...string) time.Duration {
	b.Helper()
	cmd := exec.Command(bin, append([]string{"-chdir=" + dir}, args...)...)
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("retainctl %v: %v\n%s", args, err, tail(out))
	}
	return time.Since(start)
}

func tail(out []byte) []byte { return out[max(0, len(out)-2000):] }

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// report reports the median as this benchmark's figure.
func report(b *testing.B, n int, took []time.Duration) {
	m := median(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(m.Seconds(), "s/median")
	b.ReportMetric(float64(n)/m.Seconds(), "messages/s")
}

// BenchmarkPlan plans a fleet that is already applied: nothing changes, but every message is
// evaluated, read (with a refresh) and compared.
func BenchmarkPlan(b *testing.B) {
	bin := build(b)
	for _, n := range []int{1_000, 10_000, 100_000} {
		dir := b.TempDir()
		fleet(b, dir, "", n, 0)
		run(b, bin, dir, "apply", "-auto-approve")
		for _, c := range []struct {
			name string
			args []string
		}{
			{"refresh", []string{"plan"}},
			{"offline", []string{"plan", "-refresh=false"}},
		} {
			b.Run(fmt.Sprintf("%d/%s", n, c.name), func(b *testing.B) {
				var took []time.Duration
				for b.Loop() {
					took = append(took, run(b, bin, dir, c.args...))
				}
				report(b, n, took)
			})
		}
	}
}

// BenchmarkApplyMosquitto publishes 20,000 messages to mosquitto. For comparison it publishes a
// sample of 300 by mosquitto_pub in a loop, and scales the time.
func BenchmarkApplyMosquitto(b *testing.B) {
	const n, sample = 20_000, 300
	bin, address := build(b), mosquitto(b)
	broker := fmt.Sprintf("broker \"mqtt\" \"m\" { url = \"mqtt://%s\" }\n", address)
	dir := b.TempDir()
	var took, loop []time.Duration
	generation := 0
	for b.Loop() {
		fleet(b, dir, broker, n, generation%2)
		generation++
		took = append(took, run(b, bin, dir, "apply", "-auto-approve"))
		loop = append(loop, publishLoop(b, address, sample)*n/sample)
	}
	report(b, n, took)
	b.ReportMetric(median(loop).Seconds(), "s/mosquitto_pub")
	b.ReportMetric(median(loop).Seconds()/median(took).Seconds(), "times_faster")
}

func publishLoop(b *testing.B, address string, n int) time.Duration {
	b.Helper()
	_, port, _ := net.SplitHostPort(address)
	script := fmt.Sprintf(`for i in $(seq %d); do mosquitto_pub -p %s -q 1 -r -t "loop/$i" -m '{"setpoint":20,"unit":"C","room":"room 1"}' || exit 1; done`, n, port)
	start := time.Now()
	if out, err := exec.Command("sh", "-c", script).CombinedOutput(); err != nil {
		b.Fatalf("mosquitto_pub: %v\n%s", err, out)
	}
	return time.Since(start)
}

// mosquitto starts mosquitto with its default limits on a free port.
func mosquitto(b *testing.B) string {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := ln.Addr().String()
	ln.Close()
	_, port, _ := net.SplitHostPort(address)
	conf := filepath.Join(b.TempDir(), "mosquitto.conf")
	write(b, conf, []byte("listener "+port+" 127.0.0.1\nallow_anonymous true\npersistence false\n"))
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		path = "/usr/sbin/mosquitto"
	}
	cmd := exec.Command(path, "-c", conf)
	if err := cmd.Start(); err != nil {
		b.Fatalf("%v (make deps installs it)", err)
	}
	b.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for range 500 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return address
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("mosquitto does not listen")
	return ""
}
