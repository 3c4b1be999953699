package cli

import (
	"context"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
	"github.com/retainctl/retainctl/state/backend"
)

// project is a loaded configuration and the store of its state. config is nil if only the state is
// needed.
type project struct {
	config   *spec.Config
	store    backend.Store
	approved bool // what is done with it needs no further approval
}

// loadProject evaluates the configuration and opens the state's store.
func loadProject(
	ctx context.Context, s *session, f *inputFlags, brokers bool, preset map[string]cty.Value,
) (*project, error) {
	config, err := configuration(ctx, s, f, brokers, preset)
	if err != nil {
		return nil, err
	}
	if f.statePath != "" {
		return &project{config: config, store: state.NewLocal(s.path(f.statePath))}, nil
	}
	store, err := openStore(ctx, s, config.Backend, s.Dir)
	return &project{config: config, store: store}, err
}

// openState opens the store that -state or the configuration's backend names. It connects
// to no broker and evaluates no broker argument.
func openState(ctx context.Context, s *session, f *inputFlags) (*project, error) {
	if f.statePath != "" {
		return &project{store: state.NewLocal(s.path(f.statePath))}, nil
	}
	return loadProject(ctx, s, f, false, nil)
}

// readState reads the state that -state or the configuration's backend names. The snapshot is nil if
// there is no state yet.
func readState(ctx context.Context, s *session, f *inputFlags) (*project, *state.Snapshot, error) {
	p, err := openState(ctx, s, f)
	if err != nil {
		return nil, nil, err
	}
	snapshot, _, err := p.store.Read(ctx)
	if err != nil {
		return nil, nil, unread(ctx, err)
	}
	if snapshot == nil && f.statePath != "" {
		return nil, nil, failure("No such state",
			fmt.Sprintf("-state names %s, which does not exist.", p.store.Address()))
	}
	return p, snapshot, nil
}

// unread returns the failure to read the state. If ctx has ended, by an interruption or the loss of
// the lock, it returns the error of ctx.
func unread(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return failure("The state cannot be read", headline(err)+".")
}
