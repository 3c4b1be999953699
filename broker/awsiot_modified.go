package broker

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/retainctl/retainctl/mqtt"
)

// stamps learns the service's own times of what was published. Publish answers
// with none, and without them the next plan would have to Get every message that
// an apply wrote, and each plan after it too, since plans write no state.
//
// Each message is read once, beside the publishes that follow, under the quota of
// Gets, which publishing leaves unused. A list would be cheaper, but proves
// nothing: its rows hold time, size and QoS, and somebody else's write just after
// ours may agree in size and QoS. With that write's time in the record, every
// later list would show the topic as unmoved, and the difference would never be
// seen. So a time counts only where the Get shows, byte for byte, what was sent;
// anything else leaves the time unknown, and the next plan reads the topic.
type stamps struct {
	read func(ctx context.Context, topic string) (mqtt.Retained, bool, error)
	stop context.CancelFunc
	ctx  context.Context // of the reads: until the target is closed
	max  int             // readers

	mu      sync.Mutex
	waiting []mqtt.Message
	readers int
	idle    chan struct{} // closed once nothing is waiting or read; nil while that is so
	failed  bool          // what kept one from being read would keep the others too
	times   map[string]time.Time
}

func newStamps(readers int, read func(context.Context, string) (mqtt.Retained, bool, error)) *stamps {
	s := &stamps{read: read, max: readers, times: make(map[string]time.Time)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// stored notes that m was acknowledged.
func (s *stamps) stored(m mqtt.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.times, m.Topic)
	if m.IsDeletion() || s.failed || s.ctx.Err() != nil {
		return
	}
	s.waiting = append(s.waiting, m)
	if s.idle == nil {
		s.idle = make(chan struct{})
	}
	if s.readers < s.max {
		s.readers++
		go s.drain()
	}
}

// drain reads until nothing waits.
func (s *stamps) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 {
		m := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.mu.Unlock()
		live, found, err := s.read(s.ctx, m.Topic)
		s.mu.Lock()
		switch {
		case err != nil && (s.ctx.Err() != nil || !reaches(err, thisTopic)):
			s.failed, s.waiting = true, nil
		case err == nil && found && live.Diff(m)&awsCapabilities().Readable == 0:
			s.times[m.Topic] = live.Modified
		}
	}
	if s.readers--; s.readers == 0 {
		close(s.idle)
		s.idle = nil
	}
}

// all waits for what is still being read, and gives every time that is known.
func (s *stamps) all(ctx context.Context) map[string]time.Time {
	s.mu.Lock()
	idle := s.idle
	s.mu.Unlock()
	if idle != nil {
		select {
		case <-idle:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.times)
}

// Modified returns AWS's times of what this target published, by topic, for the
// record: Read goes by them. It waits for those that are being read until ctx
// ends; a topic that it does not name is one that must be read again.
func (t *awsIoT) Modified(ctx context.Context) map[string]time.Time { return t.written.all(ctx) }
