// Package observe finds out what a plan must know of its brokers: which are opened, what
// is scanned, what is read by its topic, and why a scan is believed. The readers that
// it holds cannot publish. For the run of a plan it opens the brokers to publish to.
//
// It prints nothing. What it waits for it tells its Options, and what it refuses it
// returns as an error of its own type, for a command to word.
package observe

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Options are what observing needs beside the brokers and the plan.
type Options struct {
	// Dir is the working folder: the address of a file below it is shown from there, so
	// that a plan reads the same in every checkout.
	Dir         string
	Parallelism int // of each broker; 0 lets the broker's limits decide
	// Log receives what is worth knowing at RETAINCTL_LOG=debug. It may be nil.
	Log func(format string, args ...any)
	// Opening and Reading hear of what is waited for, and call back when that ends. They
	// may be nil.
	Opening func(broker string) (done func())
	Reading func(topics, brokers int) (done func())
	// Opened and Scanned hear how far Live has come. They may be nil. The reasons say why
	// a scan that is not complete may have missed messages.
	Opened  func(broker string)
	Scanned func(messages int, complete bool, reasons []string)
}

// Result is one broker with what was seen of it, or why nothing was.
type Result struct {
	Broker plan.Broker
	Seen   plan.Observation
	Err    error // an *UnusableError, or that of a context that ended
}

// Results are those of all brokers of a plan, in the order of their blocks.
type Results []Result

// Err returns the error that ended the observation, or nil. A broker that was cancelled
// because of another one's error is not the reason.
func (r Results) Err() error {
	var first error
	for i := range r {
		if err := r[i].Err; first == nil || errors.Is(first, context.Canceled) && err != nil {
			first = err
		}
	}
	return first
}

// Observations returns what was seen, as a plan is finished with it.
func (r Results) Observations() map[state.Identity]plan.Observation {
	seen := make(map[state.Identity]plan.Observation, len(r))
	for i := range r {
		seen[r[i].Broker.Identity] = r[i].Seen
	}
	return seen
}

func (r Results) brokers() []plan.Broker {
	brokers := make([]plan.Broker, len(r))
	for i := range r {
		brokers[i] = r[i].Broker
	}
	return brokers
}

// Brokers opens brokers, begins the plan and reads what it must know of each. The blocks
// are those that the plan needs, see Needed; they become the input's brokers. Today the
// first error ends it all, and is returned beside the results.
func Brokers(ctx context.Context, blocks []spec.Broker, in plan.Input, o Options) (*plan.Begun, Results, error) {
	began := time.Now() // a read of many messages takes minutes: the first is as old as that
	open, results := openReaders(ctx, blocks, in.Prior, o)
	defer open.close()
	if err := results.Err(); err != nil {
		return nil, results, err
	}
	in.Brokers = results.brokers()
	if err := checkPins(in.Brokers, in.Prior); err != nil {
		return nil, results, err
	}
	begun := plan.Begin(in)
	open.read(ctx, begun, results, o)
	for i := range results {
		results[i].Seen.Began = began
	}
	if err := results.Err(); err != nil {
		return nil, results, err
	}
	return begun, results, checkBackup(in.Brokers, in.Backup)
}

// Recorded begins a plan that asks no broker: they are what the state recorded of
// them. The blocks are those that the plan needs, out of all that are declared.
func Recorded(blocks, declared []spec.Broker, in plan.Input) (*plan.Begun, error) {
	pins := make([]state.Pin, len(declared))
	for i, b := range declared {
		pins[i] = state.Pin{Type: b.Type, Name: b.Name}
	}
	in.Brokers = nil
	for _, b := range blocks {
		id, pinned := in.Prior.PinOf(state.Pin{Type: b.Type, Name: b.Name}, pins)
		address := string(id)
		if !pinned {
			address = "not read yet"
		}
		in.Brokers = append(in.Brokers, plan.Broker{
			Name: b.Name, Type: b.Type, Identity: id, Unpinned: !pinned, Address: address,
			Capabilities: mqtt.Capabilities{Readable: mqtt.AllFields},
		})
	}
	if err := checkRecorded(in.Brokers, in.Prior); err != nil {
		return nil, err
	}
	return plan.Begin(in), nil
}

// Needed returns the declared brokers that a plan must ask: those that have declared
// messages or may have untracked ones to delete, and all of them if the state or a
// backup holds anything, since that might be theirs.
func Needed(declared []spec.Broker, in *plan.Input) []spec.Broker {
	held := in.Backup != nil || in.Prior != nil && len(in.Prior.Records)+len(in.Prior.Pending) > 0
	named := map[string]bool{}
	for i := range in.Desired {
		named[in.Desired[i].Broker] = true
	}
	for i := range in.Exclusive {
		named[in.Exclusive[i].Broker] = true
	}
	return slices.DeleteFunc(slices.Clone(declared), func(b spec.Broker) bool { return !held && !named[b.Name] })
}

// readers are brokers that are open for reading.
type readers []broker.Reader

// openReaders opens brokers one after the other up to the first that fails. The results
// are those of all that it tried.
func openReaders(ctx context.Context, blocks []spec.Broker, prior *state.Snapshot, o Options) (readers, Results) {
	open, results := make(readers, 0, len(blocks)), make(Results, 0, len(blocks))
	for _, b := range blocks {
		r, err := openReader(ctx, b, prior, o)
		if err != nil {
			failed := plan.Broker{Name: b.Name, Type: b.Type}
			return open, append(results, Result{Broker: failed, Err: unusable(ctx, b.Name, err)})
		}
		open, results = append(open, r), append(results, Result{Broker: describe(b, r.Info(), o.Dir)})
	}
	return open, results
}

func openReader(ctx context.Context, b spec.Broker, prior *state.Snapshot, o Options) (broker.Reader, error) {
	if o.Opening != nil {
		defer o.Opening(b.Name)()
	}
	return broker.OpenReader(ctx, b, o.broker(prior))
}

func (r readers) close() {
	for i := range r {
		r[i].Close()
	}
}

// read reads the brokers side by side, since each waits for its own, and completes their
// results. The first error cancels the others.
func (r readers) read(ctx context.Context, begun *plan.Begun, results Results, o Options) {
	readings := begun.Readings()
	if o.Reading != nil {
		topics := 0
		for i := range readings {
			topics += len(readings[i].Topics)
		}
		defer o.Reading(topics, len(r))()
	}
	reading, within := errgroup.WithContext(ctx)
	for i := range r {
		reading.Go(func() error {
			seen, err := readOne(within, r[i], begun, readings[i], o)
			results[i].Seen, results[i].Err = seen, unusable(within, results[i].Broker.Name, err)
			return results[i].Err
		})
	}
	reading.Wait() // each result has its error
}

// describe returns a broker as a plan is about it.
func describe(b spec.Broker, info broker.Info, dir string) plan.Broker {
	return plan.Broker{
		Name: b.Name, Type: b.Type, Identity: state.Identity(info.Identity),
		Address:      strings.TrimPrefix(info.Address, dir+string(filepath.Separator)),
		Description:  info.Description,
		Capabilities: info.Capabilities,
	}
}

// broker returns what every target is opened with.
func (o Options) broker(prior *state.Snapshot) broker.Options {
	return broker.Options{
		Log: o.log, Parallelism: o.Parallelism,
		Known: func(identity, topic string) (mqtt.Retained, bool) {
			return known(prior, state.Key{Broker: state.Identity(identity), Topic: topic})
		},
	}
}

func (o Options) log(format string, args ...any) {
	if o.Log != nil {
		o.Log(format, args...)
	}
}

// known returns a recorded message as the broker holds it, unless a part of it was
// never recorded.
func known(prior *state.Snapshot, key state.Key) (mqtt.Retained, bool) {
	if prior == nil {
		return mqtt.Retained{}, false
	}
	r, ok := prior.Records[key]
	return mqtt.Retained{Message: r.Message, Modified: r.Modified}, ok && r.Redaction.None() && !r.Modified.IsZero()
}
