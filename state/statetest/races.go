package statetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/retainctl/retainctl/state"
)

// Races lets two holders race for the lock repeatedly, each until it has held it once. Both must
// never hold it at the same time, and each must see what the other wrote. Writes to a disk are
// slow, so only every tenth race has one.
func Races(t *testing.T, n int, a, b state.Store) {
	var inside atomic.Int32
	for i := range n {
		var racers sync.WaitGroup
		start := make(chan struct{})
		for who, s := range map[string]state.Store{"alice@one": a, "bob@two": b} {
			racers.Go(func() {
				<-start
				if err := race(t.Context(), s, info(who), &inside, i%10 == 0); err != nil {
					t.Errorf("race %d, %s: %v", i, who, err)
				}
			})
		}
		close(start)
		racers.Wait()
		if t.Failed() {
			return
		}
	}
	if got, _, err := a.Read(t.Context()); err != nil || got.Serial != uint64(n/5-1) {
		t.Errorf("after %d races: %v, %v", n, got, err)
	}
}

// race takes the lock, raises the serial in some races, and releases the lock.
func race(ctx context.Context, s state.Store, who state.LockInfo, inside *atomic.Int32, writes bool) error {
	for {
		held, unlock, err := s.Lock(ctx, who)
		if locked := (*state.LockedError)(nil); errors.As(err, &locked) {
			time.Sleep(100 * time.Microsecond)
			continue
		}
		if err != nil {
			return err
		}
		if inside.Add(1) != 1 {
			err = errors.New("both are inside")
		}
		if writes {
			err = errors.Join(err, raise(held, s))
		}
		inside.Add(-1)
		return errors.Join(err, unlock(ctx))
	}
}

func raise(ctx context.Context, s state.Store) error {
	was, version, err := s.Read(ctx)
	if err != nil {
		return err
	}
	if was == nil {
		was, err = state.NewSnapshot()
	} else {
		was = next(was)
	}
	if err == nil {
		_, err = s.Write(ctx, was, version)
	}
	return err
}
