package observe

import (
	"context"
	"slices"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Writers are the open brokers that a plan publishes to or adopts from.
type Writers map[state.Identity]broker.Writer

// OpenWriters opens every broker that a plan publishes to or adopts from. declared are the
// broker blocks of the configuration, and prior is the state that the plan was made from. The
// error is an *UnusableError, an *UndeclaredError, a *ReplacedError if a block no longer leads
// to the broker that the plan was made for, or ctx.Err().
func OpenWriters(
	ctx context.Context, declared []spec.Broker, p *plan.Plan, prior *state.Snapshot, o Options,
) (Writers, error) {
	open := Writers{}
	for _, b := range p.Brokers {
		if !touches(p, b.Identity) {
			continue
		}
		w, err := openWriter(ctx, declared, b, o.broker(prior))
		if err != nil {
			open.Close()
			return nil, err
		}
		open[b.Identity] = w
	}
	return open, nil
}

// Close closes all writers.
func (w Writers) Close() {
	for _, open := range w {
		open.Close()
	}
}

// touches reports whether a plan publishes to a broker or adopts from it. What is adopted is
// read again first.
func touches(p *plan.Plan, id state.Identity) bool {
	for i := range p.Changes {
		_, publishes := p.Changes[i].Publish()
		if (publishes || p.Changes[i].Action == plan.Import) && p.Changes[i].Key.Broker == id {
			return true
		}
	}
	return false
}

func openWriter(ctx context.Context, declared []spec.Broker, b plan.Broker, o broker.Options) (broker.Writer, error) {
	i := slices.IndexFunc(declared, func(d spec.Broker) bool { return d.Name == b.Name })
	if i < 0 {
		return nil, &UndeclaredError{b.Name}
	}
	w, err := broker.Open(ctx, declared[i], o)
	if err != nil {
		return nil, unusable(ctx, b.Name, err)
	}
	if got := state.Identity(w.Info().Identity); got != b.Identity {
		w.Close()
		return nil, &ReplacedError{b.Name, b.Identity, got}
	}
	return w, nil
}
