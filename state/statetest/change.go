package statetest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/state"
)

// Faults runs one change of a state under its lock, as a small apply does, once for each of the
// faults at each of its requests. Every run must end as if there had been no fault.
func Faults(t *testing.T, kinds []Fault, open func(t *testing.T, fault func(*http.Request) Fault) state.Store) {
	calm, requests := AtRequest(0, None)
	s := snapshot(t)
	if err := change(t.Context(), open(t, calm), s); err != nil {
		t.Fatal(err)
	}
	n := requests.Load()
	if n < 6 {
		t.Fatalf("a change takes %d requests: what is counted?", n)
	}
	var changes sync.WaitGroup // each run is mostly waiting
	for _, kind := range kinds {
		for at := range n {
			fault, _ := AtRequest(at+1, kind)
			store := open(t, fault)
			changes.Go(func() {
				if err := change(t.Context(), store, s); err != nil {
					t.Errorf("%s at request %d: %v", kind, at+1, err)
				}
			})
		}
	}
	changes.Wait()
	t.Logf("%d kinds of fault at each of %d requests", len(kinds), n)
}

// change locks, writes a first state and another over it, unlocks, and checks the result of each
// step.
func change(ctx context.Context, s state.Store, first *state.Snapshot) error {
	held, unlock, err := s.Lock(ctx, info("alice@one"))
	if err != nil {
		return err
	}
	if got, _, err := s.Read(ctx); got != nil || err != nil {
		return fmt.Errorf("read of an absent document: %v, %w", got, err)
	}
	version, err := s.Write(ctx, first, "")
	if err != nil {
		return err
	}
	last := next(first)
	if version, err = s.Write(ctx, last, version); err != nil {
		return err
	}
	if held.Err() != nil {
		return fmt.Errorf("the lock was lost: %w", context.Cause(held))
	}
	if err := unlock(ctx); err != nil {
		return err
	}
	got, current, err := s.Read(ctx)
	if err != nil {
		return err
	}
	if d := cmp.Diff(last, got); d != "" || current != version {
		return fmt.Errorf("version %q, want %q (-want +got)\n%s", current, version, d)
	}
	if _, unlock, err = s.Lock(ctx, info("bob@two")); err != nil {
		return fmt.Errorf("the lock was not released: %w", err)
	}
	return unlock(ctx)
}
