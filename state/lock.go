package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// NewLockInfo returns the description of a lock that this process takes now.
func NewLockInfo(operation, path string, now time.Time) LockInfo {
	id, _ := newUUID() // crypto/rand does not fail; a lock without an ID would work too
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

// Lock implements Store by a kernel lock, which ends with its process. It cannot be lost while the
// process lives. The lock file is emptied and kept when the lock is released: if it were removed,
// two processes could hold locks on two files of one name.
func (l *Local) Lock(
	ctx context.Context, info LockInfo,
) (held context.Context, unlock func(context.Context) error, err error) {
	lock, file, err := l.tryLock()
	if err != nil {
		return nil, nil, err
	}
	path := lock.Path()
	if err := writeLockInfo(path, info); err != nil {
		lock.Unlock()
		return nil, nil, fmt.Errorf("lock state: %w; -lock=false works without a lock", err)
	}
	l.removeLeftovers(file)
	return ctx, func(context.Context) error {
		erased := os.Truncate(path, 0)
		if err := lock.Unlock(); err != nil {
			return fmt.Errorf("unlock state: %w", err)
		}
		return erased
	}, nil
}

// tryLock takes the kernel lock and returns it with the path of the file that it is for.
func (l *Local) tryLock() (lock *flock.Flock, file string, err error) {
	if file, err = followLinks(l.path); err != nil { // two links to one state share one lock
		return nil, "", fmt.Errorf("lock state: %w", err)
	}
	path := file + ".lock"
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, "", fmt.Errorf("lock state: %w", err)
	}
	lock = flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
	switch held, err := lock.TryLock(); {
	case err != nil:
		return nil, "", fmt.Errorf("lock state: %w; -lock=false works without a lock", err)
	case !held:
		return nil, "", &LockedError{Holder: readLockInfo(path)}
	}
	return lock, file, nil
}

// ForceUnlock implements Store. It only returns an error that says what to do: a kernel lock
// belongs to a running process, and no other process can release it.
func (l *Local) ForceUnlock(context.Context, string) error {
	lock, _, err := l.tryLock()
	if held := (*LockedError)(nil); errors.As(err, &held) {
		return fmt.Errorf("%s. A lock on a file belongs to a running process and is released when that ends: end "+
			"the process", held.describe())
	}
	if err != nil {
		return err
	}
	lock.Unlock()
	return ErrNotLocked
}

// removeLeftovers removes the temporary files of writers that were killed.
func (l *Local) removeLeftovers(path string) {
	defer l.excludeWriters()() // a writer without the lock may be running
	dir := filepath.Dir(path)
	files, _ := os.ReadDir(dir) // what cannot be listed cannot be removed
	for _, file := range files {
		if strings.HasPrefix(file.Name(), tempPrefix(path)) {
			os.Remove(filepath.Join(dir, file.Name()))
		}
	}
}

// writeLockInfo writes into the locked file. A rename would replace it by a file that nobody holds.
func writeLockInfo(path string, info LockInfo) error {
	data, err := json.Marshal(info)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o600)
}

// readLockInfo returns who holds a lock, or the zero LockInfo if the holder has not written it yet.
func readLockInfo(path string) (info LockInfo) {
	if data, err := os.ReadFile(path); err == nil {
		json.Unmarshal(data, &info)
	}
	return info
}

// ErrNotLocked is returned by ForceUnlock if nobody holds the lock.
var ErrNotLocked = errors.New("nobody holds the lock")

// LockedError reports a lock that somebody else holds.
type LockedError struct{ Holder LockInfo }

func (e *LockedError) Error() string {
	return e.describe() + ": wait for it to end, or pass -lock-timeout=5m to wait here"
}

func (e *LockedError) describe() string {
	h := e.Holder
	if h.Who == "" { // taken a moment ago, or by another program
		return "the state is held by another process, which has not said who it is"
	}
	return fmt.Sprintf("the state %s is held by %s", h.Path, h)
}

// String says who holds the lock, for what and since when.
func (h LockInfo) String() string {
	text := fmt.Sprintf("%s for %s since %s", h.Who, h.Operation, h.Created.Local().Format(time.DateTime))
	if h.Info != "" {
		text += ", " + h.Info
	}
	return fmt.Sprintf("%s (lock %s)", text, h.ID)
}

// LostError is the cause with which a lock's context ends if the lock is lost.
type LostError struct {
	Path string
	Why  error
}

func (e *LostError) Error() string { return fmt.Sprintf("the lock on %s was lost: %v", e.Path, e.Why) }
func (e *LostError) Unwrap() error { return e.Why }
