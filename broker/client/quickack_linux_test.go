package client

import (
	"testing"
	"time"
)

// TestNagle reads from a broker that leaves Nagle's algorithm on, as mosquitto does: no round may
// wait 40 ms for an acknowledgement that the kernel delays.
func TestNagle(t *testing.T) {
	const turns = 50
	f := &fake{nagle: true}
	c := mustDial(t, Options{Address: f.start(t)})
	batch, topics := messages(1)
	publishAll(t, t.Context(), c, batch)
	began := time.Now()
	for range turns {
		if seen, err := c.Read(t.Context(), topics); err != nil || len(seen.Live) != 1 {
			t.Fatalf("%+v, %v", seen, err)
		}
	}
	if took := time.Since(began); took > turns*20*time.Millisecond {
		t.Errorf("%d reads took %s", turns, took)
	}
}
