package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// taken is the cost of an import.
type taken struct {
	seconds   []time.Duration
	megabytes float64 // peak resident
}

// takeOver imports everything from a broker into a new folder, and checks that the plan after it
// imports the same number of messages.
func takeOver(b *testing.B, bin, block string, n int, all *taken) {
	b.Helper()
	dir, err := os.MkdirTemp(b.TempDir(), "import")
	if err != nil {
		b.Fatal(err)
	}
	write(b, filepath.Join(dir, "main.retain.hcl"), []byte(block))
	cmd := exec.Command(bin, "-chdir="+dir, "import", "#", "-out=imported.retain.hcl")
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("import: %v\n%s", err, tail(out))
	}
	all.seconds = append(all.seconds, time.Since(start))
	rss := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss // kilobytes on Linux
	all.megabytes = max(all.megabytes, float64(rss)/1024)
	out, err := exec.Command(bin, "-chdir="+dir, "plan", "-max-bytes=4000").CombinedOutput()
	if want := fmt.Sprintf("Plan: %d to import, 0 to add, 0 to change, 0 to destroy.", n); err != nil || !strings.Contains(string(out), want) {
		b.Fatalf("the plan after it: %v\n%s", err, tail(out))
	}
}

func (t *taken) report(b *testing.B, n int) {
	report(b, n, t.seconds)
	b.ReportMetric(t.megabytes, "MB")
}

// BenchmarkImportMosquitto imports 20,000 messages of a fleet from mosquitto with its default
// limits, and 5,000 of mixed kinds.
func BenchmarkImportMosquitto(b *testing.B) {
	bin := build(b)
	for name, c := range map[string]struct {
		n    int
		seed func(b *testing.B, dir, broker string)
	}{
		"fleet of 20000": {20_000, func(b *testing.B, dir, broker string) { fleet(b, dir, broker, 20_000, 0) }},
		"mixed 5000":     {5_000, mixed},
	} {
		b.Run(name, func(b *testing.B) {
			block := fmt.Sprintf("broker \"mqtt\" \"m\" {\n  url = \"mqtt://%s\"\n}\n", mosquitto(b))
			dir := b.TempDir()
			c.seed(b, dir, block)
			run(b, bin, dir, "apply", "-auto-approve")
			var all taken
			for b.Loop() {
				takeOver(b, bin, block, c.n, &all)
			}
			all.report(b, c.n)
		})
	}
}

// mixed writes a configuration of messages of many kinds.
func mixed(b *testing.B, dir, broker string) {
	b.Helper()
	write(b, filepath.Join(dir, "main.retain.hcl"), []byte(broker+`
message "json" {
  for_each        = { for i in range(2000) : format("dev-%04d", i) => i }
  topic           = "site/${["a", "b", "c"][each.value % 3]}/${each.key}/config"
  payload         = jsonencode({ id = each.key, interval = each.value % 2 == 0 ? 60 : 900, room = "room ${each.value % 40}", offset = each.value / 8 })
  content_type    = "application/json"
  user_properties = { model = each.value % 2 == 0 ? "thermostat" : "meter" }
}
message "own" {
  for_each = { for i in range(1000) : "k${i}" => i }
  topic    = "own/${each.key}"
  payload  = jsonencode({ (each.key) = { n = [each.value, null, { x = tostring(each.value) }] } })
}
message "flag" {
  for_each = { for i in range(1000) : "feature-${i}" => i % 2 == 0 ? "on" : "off" }
  topic    = "flags/${each.key}"
  payload  = each.value
}
message "text" {
  for_each = { for i in range(500) : "t${i}" => i }
  topic    = "text/${each.key}"
  payload  = "Number ${each.value}\n  $${not} a template\n"
}
message "blob" {
  for_each       = { for i in range(500) : "b${i}" => i }
  topic          = "blob/${each.key}"
  payload_base64 = base64encode("${each.value}\u0000\u0001")
  message_expiry = "24h"
}
`))
}

// BenchmarkImportAWS imports a fleet of 10,000 devices from an AWS endpoint. It mostly waits for
// the account's quota of 500 reads a second.
func BenchmarkImportAWS(b *testing.B) {
	const n = 10_000
	bin, seed := build(b), b.TempDir()
	script := fmt.Sprintf("cp ../cli/testdata/real/fleet/* %[1]q && sh %[1]s/devices.sh %[2]d >%[1]s/devices.csv", seed, n)
	if out, err := exec.Command("sh", "-c", script).CombinedOutput(); err != nil {
		b.Fatalf("make the fleet: %v\n%s", err, out)
	}
	endpoint := awsEndpoint(b, bin)
	block := fmt.Sprintf("broker \"aws_iot\" \"prod\" {\n  region = \"eu-west-1\"\n  endpoint = %q\n}\n", endpoint)
	main, err := os.ReadFile(filepath.Join(seed, "main.retain.hcl"))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(main), "}\n") // after its broker block
	write(b, filepath.Join(seed, "main.retain.hcl"), []byte(block+rest))
	run(b, bin, seed, "apply", "-auto-approve")
	var all taken
	for b.Loop() {
		takeOver(b, bin, block, n, &all)
	}
	all.report(b, n)
}
