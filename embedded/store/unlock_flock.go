//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package store

import (
	"os"
	"syscall"
)

// unlock releases bbolt's lock. Closing the file is not enough: a mapping that bbolt left behind
// keeps the open file, and so its lock, alive.
func unlock(f *os.File) { syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
