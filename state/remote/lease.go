package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/retainctl/retainctl/state"
)

// A lease is renewed four times while it lasts, so that a lost answer or two cost
// nothing. Its holder gives up when two thirds of it are over: what it still has in
// flight then ends long before somebody else may begin, which is one whole lease
// after the end of this one.
const (
	renewals = 4
	gaveUp   = 2. / 3
)

// lease keeps a lock that ends by itself from doing so.
type lease struct {
	path   string // of the state, for people
	length time.Duration
	renew  func(context.Context) error // errMoved where the lock is no longer ours

	stop, stopped chan struct{}
}

// hold begins to renew a lock that was taken at since, and gives a context that ends
// when the lock may be lost.
func (l *lease) hold(ctx context.Context, since time.Time) context.Context {
	l.stop, l.stopped = make(chan struct{}), make(chan struct{})
	held, lose := context.WithCancelCause(ctx)
	go func() {
		defer close(l.stopped)
		if why := l.keep(since); why != nil {
			lose(&state.LostError{Path: l.path, Why: why})
		}
		<-l.stop // held is the caller's until then
		lose(nil)
	}()
	return held
}

// release ends the renewing, and returns when none is in flight.
func (l *lease) release() {
	close(l.stop)
	<-l.stopped
}

// keep renews until it is stopped, which gives nil, or the lock may be lost.
func (l *lease) keep(renewed time.Time) error {
	limit := time.Duration(float64(l.length) * gaveUp)
	tick := time.NewTicker(min(l.length/(4*renewals), time.Second))
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return nil
		case <-tick.C:
		}
		if since(renewed) < l.length/renewals {
			continue
		}
		began := time.Now()
		err := l.try(renewed.Add(limit))
		switch {
		case err == nil:
			renewed = began
		case errors.Is(err, errMoved):
			return errors.New("somebody else removed it or took it over")
		case time.Since(renewed) >= limit:
			return fmt.Errorf("it could not be renewed for %s: %w", time.Since(renewed).Round(time.Second), err)
		}
	}
}

// try renews once, which ends at the latest when the lock counts as lost.
func (l *lease) try(until time.Time) error {
	ctx, cancel := context.WithDeadline(context.Background(), until)
	defer cancel()
	go func() {
		select {
		case <-l.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return l.renew(ctx)
}

// since is how long ago a moment was by the clock that runs faster: the monotonic one
// stands still while a machine sleeps, and the other one is set now and then. Too
// early a renewal does no harm.
func since(t time.Time) time.Duration {
	return max(time.Since(t), time.Now().Round(0).Sub(t.Round(0)))
}
