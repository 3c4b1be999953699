package broker

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/retainctl/retainctl/mqtt"
)

// stamps learns the service's own times of what was published. Publish returns none, and without
// them the next plan would have to Get every message that an apply wrote, and so would each plan
// after it, because plans do not write state.
//
// Each message is read once, while later messages are published, under the quota of Gets, which
// publishing does not use. A list would be cheaper but proves nothing: its rows hold time, size and
// QoS, and somebody else's write just after ours may have the same size and QoS. With that write's
// time in the record, every later list would show the topic as unchanged, and the difference would
// never be seen. So a time counts only if the Get shows, byte for byte, what was sent. Otherwise
// the time stays unknown, and the next plan reads the topic.
type stamps struct {
	read func(ctx context.Context, topic string) (mqtt.Retained, bool, error)
	stop context.CancelFunc
	ctx  context.Context // context of the reads, until the target is closed
	max  int             // number of running readers

	mu      sync.Mutex
	waiting []mqtt.Message
	readers int
	idle    chan struct{} // closed once nothing waits or is being read; nil if nothing does
	failed  bool          // a read failed in a way in which the others would too
	times   map[string]time.Time
}

func newStamps(readers int, read func(context.Context, string) (mqtt.Retained, bool, error)) *stamps {
	s := &stamps{read: read, max: readers, times: make(map[string]time.Time)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// stored notes that m was acknowledged, and starts its read.
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

// drain reads messages until none waits.
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

// all waits for what is still being read, and returns every time that is known.
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

// Modified returns AWS's times of what this target published, by topic. They are recorded, and Read
// relies on them. It waits for topics that are still being read until ctx ends. A topic that it
// does not return must be read again by the next plan.
func (t *awsIoT) Modified(ctx context.Context) map[string]time.Time { return t.written.all(ctx) }
