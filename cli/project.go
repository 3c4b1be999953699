package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
	"github.com/retainctl/retainctl/state/backend"
	"github.com/retainctl/retainctl/state/remote"
)

// inputFlags are the flags that say which configuration and which state.
type inputFlags struct {
	vars          []spec.VarArg // -var and -var-file in order: the later one wins
	backendConfig list
	statePath     string
	lock          bool
	lockTimeout   time.Duration
}

func (f *inputFlags) define(fs *flags) {
	f.defineVars(fs)
	f.defineState(fs)
	f.defineLock(fs)
}

func (f *inputFlags) defineLock(fs *flags) {
	fs.BoolVar(&f.lock, "lock", true, "take the state's lock; -lock=false does without")
	fs.duration(&f.lockTimeout, "lock-timeout", "wait for a `duration`, such as 5m, for a lock that somebody else holds")
}

func (f *inputFlags) defineVars(fs *flags) {
	fs.Func("var", "set a variable: `name=value`; may be repeated", func(v string) error {
		if !strings.Contains(v, "=") {
			return errors.New("write it as name=value")
		}
		f.vars = append(f.vars, spec.VarArg{Set: v})
		return nil
	})
	fs.Func("var-file", "read variables from a `file`; may be repeated", func(v string) error {
		f.vars = append(f.vars, spec.VarArg{File: v})
		return nil
	})
	fs.Var(&f.backendConfig, "backend-config", "set an argument of the backend block: `key=value`; may be repeated")
}

func (f *inputFlags) defineState(fs *flags) {
	fs.StringVar(&f.statePath, "state", "", "use this state `file` instead of the backend")
}

// project is a loaded configuration with its state store.
type project struct {
	config *spec.Config
	store  state.Store
	path   string // for people: where the state is
}

// load reads the configuration and opens the state's store.
func (s *session) load(ctx context.Context, f *inputFlags, brokers bool, preset map[string]cty.Value) (*project, error) {
	config, err := s.configuration(ctx, f, brokers, preset)
	if err != nil {
		return nil, err
	}
	if f.statePath != "" {
		store, path := s.localStore(f.statePath)
		return &project{config: config, store: store, path: path}, nil
	}
	store, path, err := s.openStore(ctx, config.Backend, s.Dir)
	return &project{config: config, store: store, path: path}, err
}

// openState opens the store that -state or the configuration's backend names. It asks
// no broker and evaluates no broker argument.
func (s *session) openState(ctx context.Context, f *inputFlags) (*project, error) {
	if f.statePath != "" {
		store, path := s.localStore(f.statePath)
		return &project{store: store, path: path}, nil
	}
	return s.load(ctx, f, false, nil)
}

func (s *session) localStore(path string) (state.Store, string) {
	path = s.path(path)
	return state.NewLocal(path), path
}

// inputs are what a configuration is evaluated with.
func (s *session) inputs(f *inputFlags, brokers bool, preset map[string]cty.Value) spec.Inputs {
	for i := range f.vars {
		f.vars[i].File = s.path(f.vars[i].File)
	}
	return spec.Inputs{
		Vars: f.vars, Env: s.Environ, EvalBrokers: brokers, Preset: preset,
		BackendConfig: f.backendConfig, Version: Version,
	}
}

// openStore opens the store of the backend block of a folder, and names it for people.
func (s *session) openStore(ctx context.Context, b spec.Backend, folder string) (state.Store, string, error) {
	store, err := backend.Open(ctx, b, folder, s.remoteOptions())
	if err != nil {
		return nil, "", unusable(b, err)
	}
	return store, store.Address(), nil
}

// unusable is the failure to open a backend's store.
func unusable(b spec.Backend, err error) error {
	if b.Type == "s3" {
		return failure("The state's bucket cannot be used", headline(err)+".")
	}
	return failure("The state's server cannot be used", headline(err)+".")
}

func (s *session) remoteOptions() remote.Options {
	return remote.Options{
		Log:  s.log,
		Note: func(text string) { fmt.Fprintln(s.Stderr, render.Escape(text)) },
	}
}
