package remote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/retainctl/retainctl/state"
)

// A lease is renewed four times while it lasts, so that one or two lost answers do no harm. Its
// holder gives up when two thirds of it have passed: what it still has in flight then ends long
// before somebody else may begin, which is one whole lease after the end of this one.
const (
	renewals = 4
	gaveUp   = 2. / 3
)

// lease renews a lock that would otherwise end by itself.
type lease struct {
	path   string // of the state, for people
	length time.Duration
	renew  func(context.Context) error // returns errMoved if the lock is no longer ours

	stop, stopped chan struct{}
}

// hold begins to renew a lock that was taken at since. It returns a context that ends when the lock
// may be lost.
func (l *lease) hold(ctx context.Context, since time.Time) context.Context {
	l.stop, l.stopped = make(chan struct{}), make(chan struct{})
	held, lose := context.WithCancelCause(ctx)
	go func() {
		defer close(l.stopped)
		if why := l.keep(since); why != nil {
			lose(&state.LostError{Path: l.path, Why: why})
		}
		<-l.stop // the caller uses held until then
		lose(nil)
	}()
	return held
}

// release ends the renewals, and returns when none is in flight.
func (l *lease) release() {
	close(l.stop)
	<-l.stopped
}

// keep renews the lock until it is stopped, and returns nil then, or until the lock may be lost,
// and returns why.
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

// try renews once. It returns no later than when the lock counts as lost.
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

// since returns the time since a moment by the faster of two clocks: the monotonic clock stops
// while a machine sleeps, and the wall clock may be set. A renewal that is too early does no harm.
func since(t time.Time) time.Duration {
	return max(time.Since(t), time.Now().Round(0).Sub(t.Round(0)))
}
