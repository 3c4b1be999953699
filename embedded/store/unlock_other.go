//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package store

import "os"

// unlock does nothing: locks work differently on this system, and the end of the process releases
// them.
func unlock(*os.File) {}
