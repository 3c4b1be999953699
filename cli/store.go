package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state/backend"
	"github.com/retainctl/retainctl/state/remote"
)

// openStore opens the store that a backend block names. Relative paths start from the folder.
func openStore(ctx context.Context, s *session, b spec.Backend, folder string) (backend.Store, error) {
	store, err := backend.Open(ctx, b, folder, remoteOptions(s))
	var unusable *backend.OpenError
	if errors.As(err, &unusable) {
		return nil, failure("The state's "+unusable.Place+" cannot be used", headline(err)+".")
	}
	return store, err
}

func remoteOptions(s *session) remote.Options {
	return remote.Options{
		Log:  s.log,
		Note: func(text string) { fmt.Fprintln(s.Stderr, render.Escape(text)) },
	}
}
