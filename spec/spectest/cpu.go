//go:build unix

// Package spectest has what the tests of spec and of the packages below it share.
package spectest

import (
	"syscall"
	"testing"
	"time"
)

// WithinCPU runs do and fails the test, with the name what, if that took more processor time
// than bound. Elapsed time would count the other work of a busy machine. Processor time is that
// of the whole process, so a test that uses this must not run in parallel with others.
func WithinCPU(t *testing.T, bound time.Duration, what string, do func()) {
	t.Helper()
	before := cpuTime(t)
	do()
	if took := cpuTime(t) - before; took > bound {
		t.Errorf("%s took %v of processor time, more than %v", what, took, bound)
	}
}

// cpuTime returns the processor time that this process has used, in all its threads.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
