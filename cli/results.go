package cli

import (
	"errors"
	"io"
	"syscall"
)

// results is stdout. It keeps the first error of writing, so that commands need not check
// each line: a result that nobody got is a failure.
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

// lost returns the error of a result that could not be written. A reader that went
// away wanted no more of it.
func (r *results) lost() error {
	if r.err == nil || errors.Is(r.err, syscall.EPIPE) {
		return nil
	}
	return failure("The result could not be written", headline(r.err)+".")
}
