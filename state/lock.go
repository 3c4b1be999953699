package state

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"
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
