package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// options are what every target is opened with.
func (s *session) options(parallelism int, prior *state.Snapshot) broker.Options {
	return broker.Options{
		Log: s.log, Parallelism: parallelism,
		Known: func(identity, topic string) (mqtt.Retained, bool) {
			return known(prior, state.Key{Broker: state.Identity(identity), Topic: topic})
		},
	}
}

// known gives a recorded message as the broker holds it, unless a part of it was
// never recorded.
func known(prior *state.Snapshot, key state.Key) (mqtt.Retained, bool) {
	if prior == nil {
		return mqtt.Retained{}, false
	}
	r, ok := prior.Records[key]
	return mqtt.Retained{Message: r.Message, Modified: r.Modified}, ok && r.Redaction.None() && !r.Modified.IsZero()
}

// observe reads every broker that has declared or recorded messages, as far as
// the plan needs it, and gives them as the planner wants them. The readers cannot
// publish.
func (s *session) observe(ctx context.Context, c *spec.Config, in plan.Input, parallelism int) ([]plan.Broker, error) {
	prior := in.Prior
	readers := make([]broker.Reader, 0, len(c.Brokers))
	defer func() {
		for _, r := range readers {
			r.Close()
		}
	}()
	var found []plan.Broker
	for _, b := range c.Brokers {
		if !inUse(b, c, prior) && in.Backup == nil {
			continue
		}
		opened := s.waiting(fmt.Sprintf("Connecting to broker %s", b.Name))
		r, err := broker.OpenReader(ctx, b, s.options(parallelism, prior))
		opened()
		if err != nil {
			return nil, unreachable(ctx, b, err)
		}
		readers, found = append(readers, r), append(found, s.describe(b, r.Info()))
	}
	if err := checkPins(found, prior); err != nil {
		return nil, err
	}
	topics := 0
	for i := range found {
		topics += len(in.Topics(found[i]))
	}
	defer s.waiting(fmt.Sprintf("Reading %s of %s", render.Count(topics, "topic"), render.Count(len(found), "broker")))()
	// Side by side: each waits for its own broker.
	reading, within := errgroup.WithContext(ctx)
	for i := range found {
		reading.Go(func() error {
			if err := s.observeOne(within, readers[i], in, &found[i]); err != nil {
				return unreachable(within, spec.Broker{Name: found[i].Name, Type: found[i].Type}, err)
			}
			return nil
		})
	}
	if err := reading.Wait(); err != nil {
		return nil, err
	}
	return found, nil
}

// inUse tells whether a broker must be asked: it has declared messages, may have
// undeclared ones to delete, or state holds anything that might be its own.
func inUse(b spec.Broker, c *spec.Config, prior *state.Snapshot) bool {
	if prior != nil && len(prior.Records)+len(prior.Pending) > 0 {
		return true
	}
	for i := range c.Messages {
		if c.Messages[i].Broker == b.Name {
			return true
		}
	}
	return slices.ContainsFunc(c.Exclusives, func(x spec.Exclusive) bool { return x.Broker == b.Name })
}

// describe gives a broker as the planner wants it. A file below the working folder
// is shown from there, so that a plan reads the same in every checkout.
func (s *session) describe(b spec.Broker, info broker.Info) plan.Broker {
	info.Address = strings.TrimPrefix(info.Address, s.Dir+string(filepath.Separator))
	return plan.Broker{
		Name: b.Name, Type: b.Type, Identity: state.Identity(info.Identity),
		Address: info.Address, Description: info.Description,
		Readable: info.Capabilities.Readable, CountsDown: info.Capabilities.ExpiryCountsDown,
		Limits: info.Capabilities.Limits,
		Tariff: plan.Tariff{
			PublishRate: info.Capabilities.PublishRate, ReadRate: info.Capabilities.ReadRate, UnitBytes: info.Capabilities.MeteredBytes,
		},
	}
}

// unreachable says which broker an error is about. An interruption is not about
// any.
func unreachable(ctx context.Context, b spec.Broker, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return failure(fmt.Sprintf("Broker %q cannot be used", b.Name), headline(err)+".")
}

// recorded gives the brokers as the state pins them, for a plan that asks none.
func recorded(c *spec.Config, prior *state.Snapshot) []plan.Broker {
	blocks := make([]state.Broker, len(c.Brokers))
	for i, b := range c.Brokers {
		blocks[i] = state.Broker{Type: b.Type, Name: b.Name}
	}
	var found []plan.Broker
	for i, b := range c.Brokers {
		if !inUse(b, c, prior) {
			continue
		}
		id, pinned := prior.PinOf(blocks[i], blocks)
		address := string(id)
		if !pinned {
			address = "not read yet"
		}
		found = append(found, plan.Broker{
			Name: b.Name, Type: b.Type, Identity: id, Unpinned: !pinned, Address: address, Readable: mqtt.AllFields,
		})
	}
	return found
}
