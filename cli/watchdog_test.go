package cli

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"
)

// TestMemoryBound checks that the bound fits the machine and the limits of the process's groups.
func TestMemoryBound(t *testing.T) {
	const plenty = "MemTotal: 32000000 kB\nMemAvailable:   16777216 kB\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"nothing is known": {nil, "4GiB"},
		"no group":         {map[string]string{"proc/meminfo": plenty}, "12GiB"},
		"version 2": {map[string]string{
			"proc/meminfo": plenty, "proc/self/cgroup": "0::/job/step\n",
			"sys/fs/cgroup/job/step/memory.max": "max\n", "sys/fs/cgroup/job/memory.max": "4294967296\n",
		}, "3GiB"},
		"version 2 in a container": {map[string]string{
			"proc/meminfo": plenty, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1073741824\n",
		}, "768MiB"},
		"version 1": {map[string]string{
			"proc/meminfo": plenty, "proc/self/cgroup": "9:cpu:/x\n4:memory:/job\n0::/\n",
			"sys/fs/cgroup/memory/job/memory.limit_in_bytes": "2147483648\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":     "9223372036854771712\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes":   "1\n",
		}, "1536MiB"},
		"more than there is": {map[string]string{
			"proc/meminfo": plenty, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "99999999999999\n",
		}, "12GiB"},
	} {
		root := fstest.MapFS{}
		for file, text := range c.files {
			root[file] = &fstest.MapFile{Data: []byte(text)}
		}
		if bytes, why := memoryBound(root); size(bytes) != c.want {
			t.Errorf("%s: %s (%s), want %s", name, size(bytes), why, c.want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]uint64{
		"500MiB": 500 << 20, "8GiB": 8 << 30, "64KiB": 64 << 10, "5000000000": 5_000_000_000,
		"": 0, "0": 0, "0GiB": 0, "8GB": 0, "-1": 0, "1.5GiB": 0, "99999999999GiB": 0, "GiB": 0,
	} {
		if got := parseSize(text); got != want {
			t.Errorf("%q is %d bytes, want %d", text, got, want)
		}
	}
	for bytes, want := range map[uint64]string{6 << 30: "6GiB", 6<<30 + 1: "6144MiB", 11<<30 + 1: "11GiB", 12_345: "12KiB", 99: "99"} {
		if got := size(bytes); got != want {
			t.Errorf("%d bytes are %s, want %s", bytes, got, want)
		}
	}
}

// TestLate checks that neither a busy machine nor the threads of the garbage collector end an
// evaluation before its time.
func TestLate(t *testing.T) {
	l := evaluationLimits{time: time.Minute}
	for _, c := range []struct {
		clock, processor time.Duration
		want             bool
	}{
		{time.Minute, time.Minute, true},
		{2 * time.Minute, 30 * time.Second, false}, // a busy machine
		{30 * time.Second, 2 * time.Minute, false}, // many threads
		{10 * time.Minute, 0, true},                // it waits for a file
	} {
		if got := l.late(c.clock, c.processor); got != c.want {
			t.Error(fmt.Sprint(c, ": ", got))
		}
	}
}
