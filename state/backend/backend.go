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

// OpenError is a store that could not be opened.
type OpenError struct {
	Place string // what holds the state, for people: "bucket", "server"
	Err   error
}

func (e *OpenError) Error() string { return e.Err.Error() }
func (e *OpenError) Unwrap() error { return e.Err }

// Open opens the store of a block in a configuration whose root is that folder. Its error
// is an *OpenError, except for a block whose settings are of no known type.
func Open(ctx context.Context, b spec.Backend, root string, o remote.Options) (Store, error) {
	switch s := b.Settings.(type) {
	case *spec.LocalSettings:
		return local(s, root, o.Note), nil
	case *spec.S3Settings:
		store, err := remote.OpenS3(ctx, *s, o)
		return opened("bucket", store, err)
	case *spec.HTTPSettings:
		store, err := remote.OpenHTTP(*s, o)
		return opened("server", store, err)
	}
	return nil, fmt.Errorf("no store for the settings %T", b.Settings)
}

// opened keeps the nil of a store that failed out of the interface.
func opened[S Store](place string, store S, err error) (Store, error) {
	if err != nil {
		return nil, &OpenError{place, err}
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
