//go:build !unix

package cli

import "time"

// processorTime returns the time by the clock, since nothing says how long this process worked.
func processorTime() time.Duration { return time.Duration(time.Now().UnixNano()) }
