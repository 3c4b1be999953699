package cli

import (
	"context"
	"errors"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec"
)

// evaluation is the result of spec.Load.
type evaluation struct {
	config *spec.Config
	files  map[string]*hcl.File // nil if the evaluation exceeded a bound
	diags  hcl.Diagnostics
}

// evaluate reads and evaluates the configuration in a folder, until ctx ends or a bound is exceeded,
// which is one of the diagnostics.
func evaluate(ctx context.Context, s *session, dir string, in spec.Inputs) (evaluation, error) {
	defer s.waiting("Evaluating the configuration")()
	d, err := newWatchdog(ctx, s)
	if err != nil {
		return evaluation{}, err
	}
	defer d.end(nil)
	in.Work = d.work
	e, err := watched(d, func() (e evaluation) {
		e.config, e.files, e.diags = spec.Load(dir, in)
		return e
	})
	var over *excess
	if errors.As(err, &over) {
		return evaluation{diags: hcl.Diagnostics{over.at}}, nil
	}
	return e, err
}

// configuration evaluates the configuration and prints its diagnostics. It evaluates the arguments
// of brokers only if brokers is set, so that a plan of a fork's pull request needs no credentials.
func configuration(
	ctx context.Context, s *session, f *inputFlags, brokers bool, preset map[string]cty.Value,
) (*spec.Config, error) {
	e, err := evaluate(ctx, s, s.Dir, f.inputs(s, brokers, preset))
	if err != nil {
		return nil, err
	}
	return e.config, s.diagnose(e.files, e.diags)
}

// abandonable calls a function that cannot be interrupted, and leaves it running if ctx ends first.
// The evaluation of 500,000 messages takes half a minute, and whoever interrupts it, or pressed Tab,
// should not wait for that.
func abandonable[T any](ctx context.Context, do func() T) (done T, err error) {
	result := make(chan T, 1)
	go func() { result <- do() }()
	select {
	case done = <-result:
		return done, nil
	case <-ctx.Done():
		return done, ctx.Err()
	}
}
