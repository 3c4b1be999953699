package render

import (
	"strings"
	"testing"
	"time"
)

func TestWaiting(t *testing.T) {
	var b strings.Builder
	seconds := make(chan time.Time)
	stop := Waiting(&b, "Reading 10,000 topics", seconds)
	seconds <- time.Time{}
	seconds <- time.Time{}
	stop()
	if want := "\rReading 10,000 topics: 1 s\x1b[K\rReading 10,000 topics: 2 s\x1b[K\r\x1b[K"; b.String() != want {
		t.Errorf("shown is %q, want %q", b.String(), want)
	}
	b.Reset()
	Waiting(&b, "quick", seconds)()
	if b.Len() > 0 {
		t.Errorf("a quick operation shows %q", b.String())
	}
}
