package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/state"
)

func stateMigrateCommand() command {
	return command{
		name: "state migrate", brief: "move the state to the backend of the configuration",
		about: `Copies the state from its old place to the one that the backend block of the configuration names ` +
			`now. Both are locked, and what was written is read back. The old state is left as it is: remove it once ` +
			`a plan shows no changes.

-from names the old place: a state file, or a folder with the earlier configuration, of which only the backend block ` +
			`is read. "git worktree add ../before HEAD~1" makes such a folder.

It refuses to replace a state of another lineage, or one that is at least as new.`,
		define: func(fs *flags) runFunc {
			var f inputFlags
			f.defineVars(fs)
			f.defineLock(fs)
			from := fs.String("from", "",
				"where the state was kept: a state file, or a folder with the old backend block; `path`")
			var old list
			fs.Var(&old, "from-backend-config",
				"set an argument of the old backend block: `key=value`; may be repeated")
			return func(ctx context.Context, s *session, args []string) (int, error) {
				if err := noArguments(args); err != nil {
					return 0, err
				}
				if *from == "" {
					return 0, failure("From where?",
						`"state migrate" needs -from=PATH: the state file, or a folder with the old backend block.`)
				}
				return runMigrate(ctx, s, &f, *from, old)
			}
		},
	}
}

func runMigrate(ctx context.Context, s *session, f *inputFlags, from string, old list) (int, error) {
	source, err := oldState(ctx, s, f, from, old)
	if err != nil {
		return 0, err
	}
	target, err := openState(ctx, s, f)
	if err != nil {
		return 0, err
	}
	if source.store.Address() == target.store.Address() {
		return 0, failure("Nothing to migrate", fmt.Sprintf(
			"%s is where the configuration's backend keeps the state.", render.Escape(source.store.Address())))
	}
	return locked(ctx, s, source, f, "state migrate", func(ctx context.Context) (int, error) {
		return locked(ctx, s, target, f, "state migrate", func(ctx context.Context) (int, error) {
			return exitDone, moveState(ctx, s, source, target)
		})
	})
}

// oldState opens the store where the state was kept.
func oldState(ctx context.Context, s *session, f *inputFlags, from string, old list) (*project, error) {
	info, err := os.Stat(s.path(from))
	if err != nil {
		return nil, failure("No such state", headline(err)+".")
	}
	if !info.IsDir() {
		return &project{store: state.NewLocal(s.path(from))}, nil
	}
	in := f.inputs(s, false, nil)
	in.BackendOnly, in.BackendConfig, in.Version = true, old, "" // an older configuration may require an older version
	e, err := evaluate(ctx, s, s.path(from), in)
	if err != nil {
		return nil, err
	}
	if err := s.diagnose(e.files, e.diags); err != nil {
		return nil, err
	}
	store, err := openStore(ctx, s, e.config.Backend, s.path(from))
	return &project{store: store}, err
}

// moveState copies the state, and reads back what it wrote.
func moveState(ctx context.Context, s *session, source, target *project) error {
	snapshot, _, err := source.store.Read(ctx)
	if err != nil {
		return failure("The old state cannot be read", headline(err)+".")
	}
	if snapshot == nil {
		return failure("No state to migrate",
			fmt.Sprintf("There is no state in %s.", render.Escape(source.store.Address())))
	}
	stored, version, err := target.store.Read(ctx)
	if err != nil {
		return failure("The state at the new place cannot be read", headline(err)+".")
	}
	switch done, err := checkSuccessor(snapshot, stored, false); {
	case err != nil:
		return err
	case done:
		fmt.Fprintf(s.Stdout, "Nothing to do: %s holds this state already.\n", render.Escape(target.store.Address()))
		return nil
	}
	if _, err := target.store.Write(ctx, snapshot, version); err != nil {
		return failure("The state could not be written to the new place", headline(err)+". The old one is as it was.")
	}
	if read, _, err := target.store.Read(ctx); err != nil || !sameState(read, snapshot) {
		return failure("The new place does not return what was written", fmt.Sprintf(
			"%s returned something else (%v). The old state is as it was.",
			render.Escape(target.store.Address()), err))
	}
	fmt.Fprintf(s.Stdout,
		"Moved %s, serial %d, from %s to %s.\n"+
			"The old state is left as it is: remove it once a plan shows no changes.\n",
		render.Count(len(snapshot.Records), "record"), snapshot.Serial,
		render.Escape(source.store.Address()), render.Escape(target.store.Address()))
	return nil
}
