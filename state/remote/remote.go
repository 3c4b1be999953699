// Package remote keeps a state on a server: in a bucket of S3 (or of a store that speaks its
// protocol), or behind Terraform's HTTP protocol, which GitLab serves.
//
// An answer may be lost and the request repeated, so a refusal may be due to our own first attempt:
// before a conflict is reported, what is stored is compared with what was sent. No error contains a
// password.
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

// Options are what a store needs in addition to its settings.
type Options struct {
	// Note is called with what a person at the terminal should know: that a lock is taken over, or
	// that nothing is locked. It may be nil.
	Note func(string)
	Log  func(format string, args ...any) // may be nil

	answer  time.Duration // from the last byte of a request to the first of its answer
	longest int           // bytes of a state
}

func (o Options) filled() Options {
	if o.Note == nil {
		o.Note = func(string) {}
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	o.answer, o.longest = cmp.Or(o.answer, 20*time.Second), cmp.Or(o.longest, stateBytes)
	return o
}

const (
	dialTimeout       = 5 * time.Second
	credentialTimeout = 20 * time.Second // to find AWS credentials: a metadata service, a role, another program
	attempts          = 5
	firstPause        = 200 * time.Millisecond
	longestPause      = 3 * time.Second
)

// patience returns how long an operation on a document of this size may take with all its attempts.
// A server that accepts a connection and stays silent must not hold up a job until its runner is
// killed.
func (o Options) patience(size int) time.Duration {
	const slowest = 256 << 10 // bytes per second
	size = min(size, o.longest)
	return 3*o.answer + time.Duration(size/slowest)*time.Second
}

// pause returns how long to wait after the nth failed attempt: longer after each, and with a random
// part so that clients do not retry at the same time.
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
	return fmt.Errorf("the %s backend needs %s: write it into the block, or give -backend-config=%[2]s=VALUE",
		backend, argument)
}

// unreached explains why a server gave no answer.
func unreached(host string, err error) error {
	var dns *net.DNSError
	var op *net.OpError
	var timeout net.Error
	switch {
	case isLong(err):
		return fmt.Errorf("%s %w; check the address", host, rootCause(err))
	case errors.As(err, &dns):
		return fmt.Errorf("connect to %s: %w; check the address, and that this machine has a name server", host, dns)
	case errors.As(err, &op) && op.Op == "dial":
		return fmt.Errorf("connect to %s: %w; check that this is its address and that something listens there",
			host, rootCause(op.Err))
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%s took the connection and did not answer in time; try again, and check for a proxy between",
			host)
	}
	return fmt.Errorf("ask %s: %w", host, rootCause(err))
}

// rootCause returns the innermost error, without the layers that repeat the request and its
// address.
func rootCause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}
