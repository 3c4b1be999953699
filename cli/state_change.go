package cli

import (
	"context"
	"fmt"

	"github.com/retainctl/retainctl/state"
)

// changeState reads, changes and writes the state under its lock. A dry run does not write it.
func changeState(
	ctx context.Context, s *session, f *inputFlags, operation string, dryRun bool, change func(*state.Snapshot) error,
) (int, error) {
	p, _, err := readState(ctx, s, f)
	if err != nil {
		return 0, err
	}
	return locked(ctx, s, p, f, operation, func(ctx context.Context) (int, error) {
		snapshot, version, err := p.store.Read(ctx)
		if err != nil {
			return 0, unread(ctx, err)
		}
		if snapshot == nil {
			return 0, failure("No state yet", "There is nothing to change before the first apply.")
		}
		if err := change(snapshot); err != nil || dryRun {
			return exitDone, err
		}
		snapshot.Serial++
		if _, err := p.store.Write(ctx, snapshot, version); err != nil {
			return 0, fmt.Errorf("write the state: %w", err)
		}
		return exitDone, nil
	})
}
