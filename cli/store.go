package cli

import (
	"context"
	"fmt"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state/backend"
	"github.com/retainctl/retainctl/state/remote"
)

// openStore opens the store that a backend block names. Relative paths start from the folder.
func openStore(ctx context.Context, s *session, b spec.Backend, folder string) (backend.Store, error) {
	store, err := backend.Open(ctx, b, folder, remoteOptions(s))
	if err != nil {
		return nil, unusable(b, err)
	}
	return store, nil
}

// unusable returns the failure to open a backend's store.
func unusable(b spec.Backend, err error) error {
	if b.Type == "s3" {
		return failure("The state's bucket cannot be used", headline(err)+".")
	}
	return failure("The state's server cannot be used", headline(err)+".")
}

func remoteOptions(s *session) remote.Options {
	return remote.Options{
		Log:  s.log,
		Note: func(text string) { fmt.Fprintln(s.Stderr, render.Escape(text)) },
	}
}
