package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
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
	fs.BoolVar(&f.lock, "lock", true, "take the state's lock; -lock=false does without")
	fs.DurationVar(&f.lockTimeout, "lock-timeout", 0, "wait for a `duration`, such as 5m, for a lock that somebody else holds")
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

// load reads the configuration. Without brokers their arguments are not
// evaluated, so that a plan of a fork's pull request needs no credentials.
func (s *session) load(f *inputFlags, brokers bool, preset map[string]cty.Value) (*project, error) {
	config, files, diags := spec.Load(s.Dir, s.inputs(f, brokers, preset))
	if err := s.diagnose(files, diags); err != nil {
		return nil, err
	}
	store, path, err := s.openStore(config.Backend, f.statePath)
	return &project{config: config, store: store, path: path}, err
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

// openStore opens the store of a backend block, or a file in its place.
func (s *session) openStore(b spec.Backend, file string) (state.Store, string, error) {
	if file != "" {
		return state.NewLocal(s.path(file)), s.path(file), nil
	}
	if b.Local != nil {
		return state.NewLocal(s.path(b.Local.Path)), s.path(b.Local.Path), nil
	}
	return nil, "", failure("Backend not in this version",
		fmt.Sprintf("%s:%d: backend %q is planned, but this version of retainctl keeps state in a local file only: backend \"local\".",
			filepath.Base(b.Range.Filename), b.Range.Start.Line, b.Type))
}

// locked runs do while holding the state's lock.
func (s *session) locked(ctx context.Context, p *project, f *inputFlags, operation string, do func() (int, error)) (int, error) {
	if !f.lock {
		return do()
	}
	unlock, err := s.lock(ctx, p, f.lockTimeout, operation)
	if err != nil {
		return 0, err
	}
	code, err := do()
	if unlockErr := unlock(context.WithoutCancel(ctx)); unlockErr != nil && err == nil {
		return code, fmt.Errorf("release the lock: %w", unlockErr)
	}
	return code, err
}

// lock takes the lock, waiting for another holder as long as timeout says.
func (s *session) lock(ctx context.Context, p *project, timeout time.Duration, operation string) (func(context.Context) error, error) {
	deadline := time.Now().Add(timeout)
	for {
		unlock, err := p.store.Lock(ctx, lockInfo(operation, p.path))
		var held *state.LockedError
		switch {
		case err == nil:
			return unlock, nil
		case !errors.As(err, &held):
			return nil, fmt.Errorf("lock the state: %w", err)
		case time.Now().After(deadline):
			return nil, failure("The state is locked", headline(held)+".")
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
	}
}

func lockInfo(operation, path string) state.LockInfo {
	info := state.NewLockInfo(operation, path, time.Now())
	info.Version = Version
	return info
}
