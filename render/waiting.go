package render

import (
	"fmt"
	"io"
	"time"
)

// Waiting shows on a terminal that something takes a while: at each tick of seconds it rewrites a line with what is
// done and the number of seconds so far. stop clears the line, and must be called once. Nothing is shown before the
// first tick.
func Waiting(w io.Writer, what string, seconds <-chan time.Time) (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for n := 1; ; n++ {
			select {
			case <-seconds:
				fmt.Fprintf(w, "\r%s: %d s\x1b[K", Escape(what), n)
			case <-quit:
				if n > 1 {
					fmt.Fprint(w, "\r\x1b[K")
				}
				return
			}
		}
	}()
	return func() { close(quit); <-ended }
}
