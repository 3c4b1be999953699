package render

import (
	"fmt"
	"io"
	"time"
)

// Waiting shows on a terminal what takes its time: a line at each tick, a second
// apart, that stop clears. What is done within the first second shows nothing.
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
