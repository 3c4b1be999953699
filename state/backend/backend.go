// Package backend opens the store that the backend block of a configuration names. Opening
// one asks the store nothing.
package backend

import (
	"context"
	"fmt"

	"github.com/retainctl/retainctl/folder"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
	"github.com/retainctl/retainctl/state/remote"
)

// Store is a store that people know by an address.
type Store interface {
	state.Store
	// Address is a file's path, or a URL without what may be secret in it.
	Address() string
}

// Open opens the store of a block in a configuration whose root is that folder. Its error
// does not say which type of backend failed.
func Open(ctx context.Context, b spec.Backend, root string, o remote.Options) (Store, error) {
	switch s := b.Settings.(type) {
	case *spec.LocalSettings:
		return local(s, root, o.Note), nil
	case *spec.S3Settings:
		store, err := remote.OpenS3(ctx, *s, o)
		return opened(store, err)
	case *spec.HTTPSettings:
		store, err := remote.OpenHTTP(*s, o)
		return opened(store, err)
	}
	return nil, fmt.Errorf("no store for the settings %T", b.Settings)
}

// opened keeps the nil of a store that failed out of the interface.
func opened[S Store](store S, err error) (Store, error) {
	if err != nil {
		return nil, err
	}
	return store, nil
}

// local opens a state file. One that a flag names may be anywhere, links included.
func local(s *spec.LocalSettings, root string, note func(string)) Store {
	file := folder.Below(root, s.Path)
	if s.Flagged {
		file = folder.Named(file.Path())
	}
	return state.NewLocalFile(file, note)
}
