package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/retainctl/retainctl/state"
)

// locked calls do while holding the state's lock. The context of do ends when the lock is
// lost, so that it stops as at an interruption.
func locked(ctx context.Context, s *session, p *project, f *inputFlags, operation string, do func(context.Context) (int, error)) (int, error) {
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

// lockLost explains why the work was stopped, after printing the error that it ended with.
func lockLost(s *session, lost *state.LostError, err error) error {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.fail(err)
	}
	return failure("The lock was lost", headline(lost)+". Another run may take the lock over, so this one stopped, before the lease was over. What was published is recorded, or listed as pending for the next plan to find out. When the store can be reached, plan again.")
}

// takeLock takes the lock, and waits for another holder for the time of timeout.
func takeLock(ctx context.Context, s *session, p *project, timeout time.Duration, operation string) (context.Context, func(context.Context) error, error) {
	deadline := time.Now().Add(timeout)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		held, unlock, err := p.store.Lock(ctx, lockInfo(s, operation, p.store.Address()))
		var other *state.LockedError
		switch {
		case err == nil:
			return held, unlock, nil
		case ctx.Err() != nil:
			return nil, nil, ctx.Err()
		case !errors.As(err, &other):
			detail := headline(err) + "."
			if operation == "plan" {
				detail += " A job that only plans can do without the lock: -lock=false."
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

func lockInfo(s *session, operation, path string) state.LockInfo {
	info := state.NewLockInfo(operation, path, time.Now())
	info.Version, info.Info = Version, ciRun(s)
	return info
}

// ciRun returns the address of the CI run that this process belongs to, "" outside of one:
// those who wait for a lock can see there what holds it.
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
