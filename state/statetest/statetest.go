// Package statetest contains the contract of state.Store as tests, which every store runs.
package statetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// Run tests a kind of store. open returns two handles on one new, empty store, as two processes
// would have them.
func Run(t *testing.T, open func(t *testing.T) (a, b state.Store)) {
	tests := map[string]func(t *testing.T, a, b state.Store){
		"an absent document":                        absent,
		"what was written is read":                  roundTrip,
		"a stale write is a conflict":               staleWrite,
		"a first write over a document":             secondFirstWrite,
		"the version changes with the document":     versions,
		"a lock excludes the other":                 lockExcludes,
		"a lock can be taken again":                 lockAgain,
		"reading needs no lock":                     readWhileLocked,
		"an interruption does not end the lock":     heldWhileLocked,
		"a lock that nobody holds cannot be forced": forceNothing,
		"a lock does not change the document":       lockLeavesDocument,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a, b := open(t)
			test(t, a, b)
		})
	}
}

func absent(t *testing.T, a, _ state.Store) {
	s, version, err := a.Read(t.Context())
	if s != nil || version != "" || err != nil {
		t.Errorf("Read of an absent document returned %v, %q, %v", s, version, err)
	}
}

func roundTrip(t *testing.T, a, b state.Store) {
	s := snapshot(t)
	written := write(t, a, s, "")
	got, version, err := b.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if version != written {
		t.Errorf("written as %q, read as %q", written, version)
	}
	if d := cmp.Diff(s, got); d != "" {
		t.Error(d)
	}
}

func staleWrite(t *testing.T, a, b state.Store) {
	first := snapshot(t)
	stale := write(t, a, first, "")
	second := next(first)
	current := write(t, b, second, stale)
	if _, err := a.Write(t.Context(), next(second), stale); !errors.Is(err, state.ErrConflict) {
		t.Errorf("a write since the first version returned %v", err)
	}
	got, version, err := a.Read(t.Context())
	if err != nil || version != current || got.Serial != second.Serial {
		t.Errorf("the refused write left %v, %q, %v", got, version, err)
	}
	write(t, a, next(second), current)
}

func secondFirstWrite(t *testing.T, a, b state.Store) {
	s := snapshot(t)
	write(t, a, s, "")
	if _, err := b.Write(t.Context(), next(s), ""); !errors.Is(err, state.ErrConflict) {
		t.Errorf("a first write over a document returned %v", err)
	}
}

func versions(t *testing.T, a, _ state.Store) {
	s := snapshot(t)
	first := write(t, a, s, "")
	if second := write(t, a, next(s), first); first == "" || second == first {
		t.Errorf("versions %q and %q", first, second)
	}
}

func lockExcludes(t *testing.T, a, b state.Store) {
	held := info("alice@one")
	unlock := lock(t, a, held)
	for _, other := range []state.Store{a, b} {
		_, _, err := other.Lock(t.Context(), info("bob@two"))
		var locked *state.LockedError
		if !errors.As(err, &locked) {
			t.Fatalf("a second lock returned %v", err)
		}
		if d := cmp.Diff(held, locked.Holder); d != "" {
			t.Error(d)
		}
	}
	if err := unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	unlock = lock(t, b, info("bob@two"))
	if err := unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func lockAgain(t *testing.T, a, _ state.Store) {
	for range 3 {
		unlock := lock(t, a, info("alice@one"))
		if err := unlock(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func readWhileLocked(t *testing.T, a, b state.Store) {
	s := snapshot(t)
	version := write(t, a, s, "")
	unlock := lock(t, a, info("alice@one"))
	defer unlock(t.Context())
	write(t, a, next(s), version)
	if got, _, err := b.Read(t.Context()); err != nil || got.Serial != s.Serial+1 {
		t.Errorf("got %v, %v", got, err)
	}
}

func heldWhileLocked(t *testing.T, a, b state.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	held, unlock, err := a.Lock(ctx, info("alice@one"))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock(t.Context())
	if held.Err() != nil {
		t.Errorf("the lock's context has ended: %v", context.Cause(held))
	}
	cancel()
	if held.Err() == nil {
		t.Error("an interruption does not reach the work under the lock")
	}
	if _, _, err := b.Lock(t.Context(), info("bob@two")); err == nil {
		t.Error("an interruption released the lock, which only unlock may do")
	}
}

func forceNothing(t *testing.T, a, b state.Store) {
	if err := a.ForceUnlock(t.Context(), "1"); !errors.Is(err, state.ErrNotLocked) {
		t.Errorf("got %v", err)
	}
	unlock := lock(t, a, info("alice@one"))
	if err := b.ForceUnlock(t.Context(), "another"); err == nil || errors.Is(err, state.ErrNotLocked) {
		t.Errorf("of another lock: %v", err)
	}
	if err := unlock(t.Context()); err != nil {
		t.Error(err)
	}
}

func lockLeavesDocument(t *testing.T, a, b state.Store) {
	unlock := lock(t, a, info("alice@one"))
	absent(t, b, nil)
	if err := unlock(t.Context()); err != nil {
		t.Fatal(err)
	}
	absent(t, b, nil)
}

func lock(t *testing.T, s state.Store, info state.LockInfo) func(context.Context) error {
	t.Helper()
	_, unlock, err := s.Lock(t.Context(), info)
	if err != nil {
		t.Fatal(err)
	}
	return unlock
}

func write(t *testing.T, to state.Store, s *state.Snapshot, since state.Version) state.Version {
	t.Helper()
	version, err := to.Write(t.Context(), s, since)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func info(who string) state.LockInfo {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return state.LockInfo{ID: "id of " + who, Operation: "apply", Who: who, Version: "1.0", Created: at, Path: "path", Info: "https://ci.example/1"}
}

// snapshot returns a state with a record and a pending entry.
func snapshot(t *testing.T) *state.Snapshot {
	t.Helper()
	s, err := state.NewSnapshot()
	if err != nil {
		t.Fatal(err)
	}
	key := state.Key{Broker: "mqtt:broker:1883", Topic: "a/b"}
	m := mqtt.Message{Topic: key.Topic, Payload: []byte("text"), QoS: 1}
	s.Brokers[key.Broker] = state.Pin{Type: "mqtt", Name: "lab"}
	s.Records[key] = state.Record{
		Sealed: state.Seal(m, mqtt.Redaction{}, s.DigestKey), Address: "message.a",
		UpdatedAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), OnDestroy: "delete",
	}
	s.Pending[key] = state.Pending{Before: m.Digest(nil)}
	return s
}

// next returns a later snapshot of the same state.
func next(s *state.Snapshot) *state.Snapshot {
	s = s.Clone()
	s.Serial++
	return s
}
