package cli

import (
	"context"
	"fmt"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// destinations opens every broker that a plan publishes to or adopts from, and refuses one that
// is not the broker that the plan was made for.
func (s *session) destinations(ctx context.Context, c *spec.Config, p *planned, parallelism int) (map[state.Identity]apply.Destination, func(), error) {
	to := map[state.Identity]apply.Destination{}
	var opened []broker.Writer
	closeAll := func() {
		for _, w := range opened {
			w.Close()
		}
	}
	for _, b := range p.Brokers {
		if !touches(p.Plan, b.Identity) {
			to[b.Identity] = apply.Destination{}
			continue
		}
		w, err := s.openWriter(ctx, c, b, p.prior, parallelism)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		opened = append(opened, w)
		to[b.Identity] = apply.Destination{Target: w, Capabilities: w.Info().Capabilities}
	}
	return to, closeAll, nil
}

// touches tells whether a plan sends anything to a broker, or adopts what must
// still be there.
func touches(p *plan.Plan, id state.Identity) bool {
	for i := range p.Changes {
		_, publishes := p.Changes[i].Publish()
		if (publishes || p.Changes[i].Action == plan.Import) && p.Changes[i].Key.Broker == id {
			return true
		}
	}
	return false
}

func (s *session) openWriter(ctx context.Context, c *spec.Config, b plan.Broker, prior *state.Snapshot, parallelism int) (broker.Writer, error) {
	block, ok := c.BrokerNamed(b.Name)
	if !ok {
		return nil, failure("No such broker block", fmt.Sprintf("The plan was made for broker %q, which the configuration no longer has.", b.Name))
	}
	w, err := broker.Open(ctx, block, s.options(parallelism, prior))
	if err != nil {
		return nil, unreachable(ctx, block, err)
	}
	if got := state.Identity(w.Info().Identity); got != b.Identity {
		w.Close()
		return nil, failure("Not the broker that was planned for",
			fmt.Sprintf("broker %q was %s when the plan was made and is now %s. Nothing was published.", b.Name, b.Identity, got))
	}
	return w, nil
}
