package state

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// NewLockInfo describes a lock that this process takes now.
func NewLockInfo(operation, path string, now time.Time) LockInfo {
	id, _ := newUUID() // crypto/rand does not fail; a lock without an ID would still hold
	return LockInfo{ID: id, Operation: operation, Who: whoAmI(), Created: now.UTC(), Path: path}
}

func whoAmI() string {
	name, host := os.Getenv("USER"), "localhost"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if h, err := os.Hostname(); err == nil {
		host = h
	}
	return name + "@" + host
}

// Lock implements Store by a kernel lock: that of a killed process frees itself.
// The lock file stays when the lock is freed, since removing it would let two
// processes hold locks on two files of one name; what it says is erased.
func (l *Local) Lock(_ context.Context, info LockInfo) (func(context.Context) error, error) {
	file, err := followLinks(l.path) // two links to one state are one lock
	if err != nil {
		return nil, fmt.Errorf("lock state: %w", err)
	}
	path := file + ".lock"
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("lock state: %w", err)
	}
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock state: %w; -lock=false does without a lock", err)
	}
	if !held {
		return nil, &LockedError{Holder: readLockInfo(path)}
	}
	if err := writeLockInfo(path, info); err != nil {
		lock.Unlock()
		return nil, fmt.Errorf("lock state: %w; -lock=false does without a lock", err)
	}
	removeLeftovers(file)
	return func(context.Context) error {
		erased := os.Truncate(path, 0)
		if err := lock.Unlock(); err != nil {
			return fmt.Errorf("unlock state: %w", err)
		}
		return erased
	}, nil
}

// removeLeftovers removes the temporary files of writers that were killed. The
// holder of the lock is the only writer.
func removeLeftovers(path string) {
	dir := filepath.Dir(path)
	files, _ := os.ReadDir(dir) // what cannot be listed cannot be tidied
	for _, file := range files {
		if strings.HasPrefix(file.Name(), tempPrefix(path)) {
			os.Remove(filepath.Join(dir, file.Name()))
		}
	}
}

// writeLockInfo writes into the locked file: a rename would put another file,
// that nobody holds, in its place.
func writeLockInfo(path string, info LockInfo) error {
	data, err := json.Marshal(info)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o600)
}

// readLockInfo reads who holds a lock; the zero LockInfo where the holder has not
// written it yet.
func readLockInfo(path string) (info LockInfo) {
	if data, err := os.ReadFile(path); err == nil {
		json.Unmarshal(data, &info)
	}
	return info
}

func (e *LockedError) Error() string {
	const advice = "wait for it to end, or give -lock-timeout=5m to wait here"
	h := e.Holder
	if h.Who == "" { // taken a moment ago, or by a program that is not ours
		return "the state is held by another process, which has not said who it is: " + advice
	}
	text := fmt.Sprintf("the state %s is held by %s for %s since %s", h.Path, h.Who, h.Operation, h.Created.Local().Format(time.DateTime))
	if h.Info != "" {
		text += ", " + h.Info
	}
	return fmt.Sprintf("%s (lock %s): %s", text, h.ID, advice)
}
