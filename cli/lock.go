package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/retainctl/retainctl/state"
)

// locked calls do while it holds the state's lock. The context of do ends if the lock is lost, so
// that do stops as on an interruption.
func locked(
	ctx context.Context, s *session, p *project, f *inputFlags, operation string, do func(context.Context) (int, error),
) (int, error) {
	if !f.lock {
		return do(ctx)
	}
	held, unlock, err := takeLock(ctx, s, p, f.lockTimeout, operation)
	if err != nil {
		return 0, err
	}
	code, err := do(held)
	if lost := (*state.LostError)(nil); errors.As(context.Cause(held), &lost) && (code != exitDone || err != nil) {
		code, err = exitError, lockLost(s, lost, err)
	}
	if unlockErr := unlock(context.WithoutCancel(ctx)); unlockErr != nil && err == nil {
		return code, failure("The lock could not be released", headline(unlockErr)+".")
	}
	return code, err
}

// lockLost prints the error that the work ended with, and returns the reason why it was stopped.
func lockLost(s *session, lost *state.LostError, err error) error {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.fail(err)
	}
	return failure("The lock was lost", headline(lost)+
		". Another run may take over the lock, so this one stopped before the lease ended. What was published is "+
		"recorded, or listed as pending until the next plan finds out. Plan again when the store "+
		"can be reached.")
}

// takeLock takes the lock. While somebody else holds it, it tries again until timeout is over.
func takeLock(
	ctx context.Context, s *session, p *project, timeout time.Duration, operation string,
) (held context.Context, unlock func(context.Context) error, err error) {
	deadline := time.Now().Add(timeout)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		held, unlock, err := p.store.Lock(ctx, lockInfo(s, p, operation))
		var other *state.LockedError
		switch {
		case err == nil:
			return held, unlock, nil
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case !errors.As(err, &other):
			detail := headline(err) + "."
			if operation == "plan" {
				detail += " A job that only plans does not need the lock: pass -lock=false."
			}
			return nil, nil, failure("The state cannot be locked", detail)
		case time.Now().After(deadline):
			return nil, nil, failure("The state is locked", headline(other)+".")
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

func lockInfo(s *session, p *project, operation string) state.LockInfo {
	info := state.NewLockInfo(operation, p.store.Address(), time.Now())
	info.Version, info.Info, info.Approved = Version, ciRun(s), p.approved
	return info
}

// ciRun returns the web address of the CI run that this process belongs to, or "" outside of one.
// Those who wait for a lock can see there what holds it.
func ciRun(s *session) string {
	for _, name := range []string{"CI_JOB_URL", "BUILD_URL"} { // GitLab, Jenkins
		if address := s.Getenv(name); address != "" {
			return address
		}
	}
	if build := s.Getenv("BUILDKITE_BUILD_URL"); build != "" {
		return build + "#" + s.Getenv("BUILDKITE_JOB_ID")
	}
	if run := s.Getenv("GITHUB_RUN_ID"); run != "" {
		return fmt.Sprintf("%s/%s/actions/runs/%s", s.Getenv("GITHUB_SERVER_URL"), s.Getenv("GITHUB_REPOSITORY"), run)
	}
	return ""
}
