package functions

import (
	"syscall"
	"testing"
	"time"
)

// inCPU does something and holds that it took no more of the processor than a bound. A
// clock would count what else a busy machine does.
func inCPU(t *testing.T, bound time.Duration, what string, do func()) {
	t.Helper()
	before := cpuTime(t)
	do()
	if took := cpuTime(t) - before; took > bound {
		t.Errorf("%s took %v of the processor", what, took)
	}
}

// cpuTime is what this process has used, in all its threads.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
