package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
	"github.com/retainctl/retainctl/state/remote"
)

// openStore opens the store of the backend block of a folder, and names it for people.
func openStore(ctx context.Context, s *session, b spec.Backend, folder string) (state.Store, string, error) {
	switch {
	case b.S3 != nil:
		store, err := remote.OpenS3(ctx, *b.S3, remoteOptions(s))
		if err != nil {
			return nil, "", failure("The state's bucket cannot be used", headline(err)+".")
		}
		return store, store.Address(), nil
	case b.HTTP != nil:
		store, err := remote.OpenHTTP(*b.HTTP, remoteOptions(s))
		if err != nil {
			return nil, "", failure("The state's server cannot be used", headline(err)+".")
		}
		return store, store.Address(), nil
	}
	path := b.Local.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	return state.NewLocal(path), path, nil
}

func localStore(s *session, path string) (state.Store, string) {
	path = s.path(path)
	return state.NewLocal(path), path
}

func remoteOptions(s *session) remote.Options {
	return remote.Options{
		Log:  s.log,
		Note: func(text string) { fmt.Fprintln(s.Stderr, render.Escape(text)) },
	}
}
