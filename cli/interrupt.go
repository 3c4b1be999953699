package cli

import (
	"context"
	"fmt"
)

// interruptible returns a context that the first signal cancels. A second signal ends the process at
// once.
func interruptible(env Env) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	finished := make(chan struct{})
	go func() {
		select {
		case <-env.Signals:
		case <-finished:
			return
		}
		cancel()
		fmt.Fprintln(env.Stderr, "\nInterrupted: nothing more is started. Interrupt again to exit at once.")
		select {
		case <-env.Signals:
			env.Exit(exitInterrupted)
		case <-finished:
		}
	}()
	return ctx, func() { close(finished); cancel() }
}
