package cli

import (
	"errors"
	"io"
	"syscall"
)

// results is stdout. It keeps the first write error, so that commands need not check each write.
// A result that could not be written fails the command.
type results struct {
	w   io.Writer
	err error
}

func (r *results) Write(p []byte) (int, error) {
	n, err := r.w.Write(p)
	if err != nil && r.err == nil {
		r.err = err
	}
	return n, err
}

// writeError returns the failure to write a result, or nil. A reader that closed the pipe is not
// a failure.
func (r *results) writeError() error {
	if r.err == nil || errors.Is(r.err, syscall.EPIPE) {
		return nil
	}
	return failure("The result could not be written", headline(r.err)+".")
}
