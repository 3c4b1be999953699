// Package remote keeps a state on a server: in a bucket of S3 (or of what speaks
// its protocol), or behind Terraform's HTTP protocol, as GitLab serves it.
//
// An answer may be lost and a request tried again, so that a refusal may be that of
// our own first try: before "somebody else wrote this" is said, what is stored is
// compared with what was sent. No error holds a password.
package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"time"
)

// Options are what a store needs beside its settings.
type Options struct {
	// Note is told what a person at the terminal should know: that a lock is taken
	// over, that nothing locks. Nil is allowed.
	Note func(string)
	Log  func(format string, args ...any) // nil is allowed

	answer time.Duration // from the last byte of a request to the first of its answer
}

func (o Options) filled() Options {
	if o.Note == nil {
		o.Note = func(string) {}
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	o.answer = cmp.Or(o.answer, 20*time.Second)
	return o
}

const (
	dialTimeout       = 5 * time.Second
	credentialTimeout = 20 * time.Second // to find those of AWS: a metadata service, a role, another program
	attempts          = 5
	firstPause        = 200 * time.Millisecond
	longestPause      = 3 * time.Second
)

// patience is how long an operation may take with all its attempts, for a document
// of this size: a server that takes a connection and says nothing must not hold up a
// job until its runner is killed.
func (o Options) patience(size int) time.Duration {
	const slowest = 256 << 10 // bytes a second
	return 3*o.answer + time.Duration(size/slowest)*time.Second
}

// pause is how long to wait after the nth attempt that failed: the longer the more
// failed, and not all at once.
func pause(n int) time.Duration {
	most := min(firstPause<<min(max(n-1, 0), 10), longestPause)
	return most/2 + rand.N(most/2)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func missing(backend, argument string) error {
	return fmt.Errorf("the %s backend needs %s: write it into the block, or give -backend-config=%[2]s=VALUE", backend, argument)
}

// unreached tells why a server gave no answer at all.
func unreached(host string, err error) error {
	var dns *net.DNSError
	var op *net.OpError
	var timeout net.Error
	switch {
	case errors.As(err, &dns):
		return fmt.Errorf("connect to %s: %w; check the address, and that this machine has a name server", host, dns)
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Errorf("connect to %s: %w; check that this is its address and that something listens there", host, rootCause(op.Err))
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%s took the connection and did not answer in time; try again, and check for a proxy between", host)
	}
	return fmt.Errorf("ask %s: %w", host, rootCause(err))
}

// rootCause leaves out the layers that repeat the request, and its address.
func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
