package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/state"
)

func forceUnlockCommand() command {
	return command{
		name: "force-unlock", args: "ID", brief: "release a lock that nobody holds any more",
		about: `Releases the lock of this ID, which the error of a locked state shows. Make sure first that its ` +
			`holder is no longer running: two applies at once overwrite each other's messages.

A lock in a bucket ends by itself after its holder dies, and a lock on a file ends with its process. This command is ` +
			`for the http backend, and for those who cannot wait.`,
		define: func(fs *flags) runFunc {
			var f inputFlags
			f.defineVars(fs)
			f.defineState(fs)
			force := fs.Bool("force", false, "do not ask")
			return func(ctx context.Context, s *session, args []string) (int, error) {
				if len(args) != 1 {
					return 0, failure("Which lock?",
						"force-unlock needs the ID of the lock, which the error of a locked state shows.")
				}
				return exitDone, runForceUnlock(ctx, s, &f, args[0], *force)
			}
		},
	}
}

func runForceUnlock(ctx context.Context, s *session, f *inputFlags, id string, force bool) error {
	p, err := openState(ctx, s, f)
	if err != nil {
		return err
	}
	if !force {
		if why := cannotAsk(s, true); why != "" {
			return failure("Nobody to ask", why+". Pass -force to release the lock without asking.")
		}
		yes, err := ask(ctx, s, fmt.Sprintf(
			"Do you really want to release the lock %s on %s?\n  If its holder is still running, two applies may "+
				"overwrite each other's messages.", render.Escape(id), render.Escape(p.store.Address())))
		if err != nil {
			return err
		}
		if !yes {
			return failure("Cancelled", "The answer was not 'yes'. The lock was not released.")
		}
	}
	switch err := p.store.ForceUnlock(ctx, id); {
	case errors.Is(err, state.ErrNotLocked):
		return failure("Not locked", fmt.Sprintf("Nobody holds the lock on %s.", render.Escape(p.store.Address())))
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return failure("The lock was not released", headline(err)+".")
	}
	fmt.Fprintf(s.Stdout, "The lock %s on %s was released.\n", render.Escape(id), render.Escape(p.store.Address()))
	return nil
}
