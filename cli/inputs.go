package cli

import (
	"errors"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec"
)

// inputFlags are the flags that select the configuration, its variables and the state.
type inputFlags struct {
	vars          []spec.VarArg // -var and -var-file in order: a later one overrides
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
	fs.BoolVar(&f.lock, "lock", true, "take the state's lock; -lock=false does not lock")
	fs.duration(&f.lockTimeout, "lock-timeout",
		"wait for a `duration`, such as 5m, for a lock that somebody else holds")
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

// inputs returns what the configuration is evaluated with.
func (f *inputFlags) inputs(s *session, brokers bool, preset map[string]cty.Value) spec.Inputs {
	for i := range f.vars {
		f.vars[i].File = s.path(f.vars[i].File)
	}
	return spec.Inputs{
		Vars: f.vars, Env: s.Environ, EvalBrokers: brokers, Preset: preset,
		BackendConfig: f.backendConfig, Version: Version,
	}
}
