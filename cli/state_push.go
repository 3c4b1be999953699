package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/state"
)

func statePushCommand() command {
	return command{
		name: "state push", args: "FILE", brief: "replace the state with a file",
		about: `Takes a state document, as "state pull" prints it and as a failed apply leaves it in ` +
			erroredFile + `; "-" reads it from standard input. The checksum of every line is checked.

It refuses a state of another lineage, and one that is older than the stored one. -force takes both, with a serial ` +
			`above the stored one, so that whoever read the stored state notices. -force also replaces a stored ` +
			`state that is damaged.`,
		define: func(fs *flags) runFunc {
			var f inputFlags
			f.define(fs)
			force := fs.Bool("force", false, "replace a newer state, one of another lineage, or one that is damaged")
			return func(ctx context.Context, s *session, args []string) (int, error) {
				if len(args) != 1 {
					return 0, failure("Which state?", `"state push" needs one file, or "-" for standard input.`)
				}
				return runPush(ctx, s, &f, args[0], *force)
			}
		},
	}
}

func runPush(ctx context.Context, s *session, f *inputFlags, file string, force bool) (int, error) {
	given, err := readDocument(s, file)
	if err != nil {
		return 0, err
	}
	p, err := openState(ctx, s, f)
	if err != nil {
		return 0, err
	}
	return locked(ctx, s, p, f, "state push", func(ctx context.Context) (int, error) {
		stored, version, err := p.store.Read(ctx)
		if damaged := (*state.DamagedError)(nil); force && errors.As(err, &damaged) {
			err = nil
		}
		if err != nil {
			return 0, unread(ctx, err)
		}
		switch done, err := checkSuccessor(given, stored, force); {
		case err != nil:
			return 0, err
		case done:
			fmt.Fprintf(s.Stdout, "Nothing to do: %s holds this state already.\n", render.Escape(p.store.Address()))
			return exitDone, nil
		}
		if _, err := p.store.Write(ctx, given, version); err != nil {
			return 0, failure("The state could not be written", headline(err)+".")
		}
		fmt.Fprintf(s.Stdout, "Pushed %s, serial %d, to %s.\n",
			render.Count(len(given.Records), "record"), given.Serial, render.Escape(p.store.Address()))
		return exitDone, nil
	})
}

// readDocument reads a state document from a file, or from standard input.
func readDocument(s *session, file string) (*state.Snapshot, error) {
	read := func() ([]byte, error) { return s.named(file).Read(state.MaxDocument) }
	if file == "-" {
		read = func() ([]byte, error) { return io.ReadAll(io.LimitReader(s.Stdin, state.MaxDocument)) }
	}
	data, err := read()
	if err != nil {
		return nil, failure("No state to push", headline(err)+".")
	}
	snapshot, err := state.Decode(data)
	if err != nil {
		return nil, failure("The file is not a state that can be pushed", fmt.Sprintf("%s: %s.", file, err))
	}
	return snapshot, nil
}
