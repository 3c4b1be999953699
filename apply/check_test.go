package apply

import (
	"context"
	"testing"
	"time"
)

// TestReadBackOutlivesAnInterruption checks that reading back has no time limit, until the run is
// interrupted.
func TestReadBackOutlivesAnInterruption(t *testing.T) {
	run, interrupt := context.WithCancel(t.Context())
	reading, release := outliving(run, 20*time.Millisecond)
	defer release()
	if _, bounded := reading.Deadline(); bounded {
		t.Error("a run that was not interrupted has a time limit")
	}
	interrupt()
	if reading.Err() != nil {
		t.Error("it ends with the run")
	}
	select {
	case <-reading.Done():
	case <-time.After(5 * time.Second):
		t.Error("it does not end")
	}
	if cause := context.Cause(reading); cause == nil || cause == context.Canceled {
		t.Errorf("it ends by %v", cause)
	}
}
