package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/folder"
	"github.com/retainctl/retainctl/state"
)

func lockOf(operation string) state.LockInfo { return state.NewLockInfo(operation, "x", time.Now()) }

// TestLockOutside locks states that a configuration names outside of its folder: nothing is made there before
// the first write, which takes the lock that was left out.
func TestLockOutside(t *testing.T) {
	above := t.TempDir()
	repo := filepath.Join(above, "repo")
	var notes []string
	open := func() *state.Local {
		return state.NewLocalFile(folder.Below(repo, "../home/state"), func(text string) { notes = append(notes, text) })
	}
	if err := open().ForceUnlock(t.Context(), "x"); !errors.Is(err, state.ErrNotLocked) {
		t.Errorf("force-unlock: %v", err)
	}
	one, other := open(), open()
	_, unlock, err := one.Lock(t.Context(), lockOf("apply"))
	_, unlockOther, otherErr := other.Lock(t.Context(), lockOf("plan"))
	if err != nil || otherErr != nil || len(notes) != 2 || !strings.Contains(notes[0], "not locked") {
		t.Fatalf("%v, %v, %q", err, otherErr, notes)
	}
	if entries, _ := os.ReadDir(above); len(entries) != 0 {
		t.Fatalf("a lock made %v", entries)
	}
	s, _ := state.NewSnapshot()
	version, err := one.Write(t.Context(), s, "")
	if err != nil || len(notes) != 3 || !strings.Contains(notes[2], "is kept in") {
		t.Fatalf("%v, %q", err, notes)
	}
	var locked *state.LockedError
	if _, err := other.Write(t.Context(), s, ""); !errors.As(err, &locked) {
		t.Errorf("a second writer without a lock: %v", err)
	}
	if _, _, err := open().Lock(t.Context(), lockOf("plan")); !errors.As(err, &locked) || locked.Holder.Operation != "apply" {
		t.Errorf("a lock that was taken late is not held: %v", err)
	}
	if _, err = one.Write(t.Context(), s, version); err != nil || len(notes) != 3 {
		t.Errorf("the second write: %v, %q", err, notes)
	}
	if err := errors.Join(unlock(t.Context()), unlockOther(t.Context())); err != nil {
		t.Error(err)
	}
	if _, unlock, err = open().Lock(t.Context(), lockOf("plan")); err != nil || len(notes) != 3 {
		t.Fatalf("a lock beside a state: %v, %q", err, notes)
	}
	if err := unlock(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestApprovedLockOutside checks that what is approved beforehand is locked from its beginning: the second of two
// first applies waits for the first one. It makes no lock beside a file that is not a state.
func TestApprovedLockOutside(t *testing.T) {
	repo := filepath.Join(t.TempDir(), "repo")
	open := func() *state.Local { return state.NewLocalFile(folder.Below(repo, "../home/state"), func(string) {}) }
	info := lockOf("apply")
	info.Approved = true
	_, unlock, err := open().Lock(t.Context(), info)
	if err != nil {
		t.Fatal(err)
	}
	var locked *state.LockedError
	if _, _, err := open().Lock(t.Context(), info); !errors.As(err, &locked) {
		t.Errorf("a second lock: %v", err)
	}
	if err := unlock(t.Context()); err != nil {
		t.Error(err)
	}
	foreign := filepath.Join(filepath.Dir(repo), "home", "state")
	if err := os.WriteFile(foreign, []byte("[package]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(foreign + ".lock"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := open().Lock(t.Context(), info); err == nil || !strings.Contains(err.Error(), "is not a state") {
		t.Errorf("beside a foreign file: %v", err)
	}
	if _, err := os.Stat(foreign + ".lock"); err == nil {
		t.Error("a lock was made beside a foreign file")
	}
}

// TestLockThatIsNone holds that a file is emptied only if it is a lock.
func TestLockThatIsNone(t *testing.T) {
	for text, ours := range map[string]bool{
		"": true, `{"ID`: true, `{"ID":"x","Operation":"plan"}` + "\n": true, "{}": false, "[[package]]\n": false, " ": false,
		`{"ID":"` + strings.Repeat("x", 70_000): false,
	} {
		path := written(t, 0)
		if err := os.WriteFile(path+".lock", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, unlock, err := state.NewLocal(path).Lock(t.Context(), lockOf("plan"))
		if ours {
			if err != nil || unlock(t.Context()) != nil {
				t.Errorf("%.20q: %v", text, err)
			}
			continue
		}
		if left, _ := os.ReadFile(path + ".lock"); err == nil || !strings.Contains(err.Error(), "is not a lock") || string(left) != text {
			t.Errorf("%.20q: error %v, and %.20q is left", text, err, left)
		}
	}
}
