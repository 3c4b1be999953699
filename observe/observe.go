// Package observe reads what a plan must know of its brokers. It decides which brokers are
// opened, what is scanned and what is read by its topic, and checks that the brokers are those
// that the state has records of. For a plan it opens readers, which cannot publish; for its
// run it opens writers.
//
// It prints nothing. Callbacks in Options report what it waits for. What it refuses is an
// error with its own type, so that a command can word it.
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

// Options are what observing needs in addition to the brokers and the plan.
type Options struct {
	// Dir is the working folder. The addresses of files in it are shown relative to it, so
	// that a plan is the same in every checkout.
	Dir         string
	Parallelism int // requests in flight for each broker; 0 lets the broker's limits decide
	// Log is called with what RETAINCTL_LOG=debug shows. It may be nil.
	Log func(format string, args ...any)
	// Opening and Reading are called before a wait, and the function that they return after it.
	// They may be nil. topics and brokers are the numbers of what is read.
	Opening func(broker string) (done func())
	Reading func(topics, brokers int) (done func())
	// Opened and Scanned hear how far Live has come. They may be nil. The reasons say why
	// a scan that is not complete may have missed messages.
	Opened  func(broker string)
	Scanned func(messages int, complete bool, reasons []string)
}

// Result is one broker with what was read from it, or the error that prevented it.
type Result struct {
	Broker plan.Broker
	Seen   plan.Observation
	Err    error // an *UnusableError, or the error of a context that ended
}

// Results are the results of all brokers of a plan, in the order of their blocks.
type Results []Result

// Err returns the error that ended the observation, or nil. If one broker's error cancelled the
// others, it returns that error.
func (r Results) Err() error {
	var first error
	for i := range r {
		if err := r[i].Err; first == nil || errors.Is(first, context.Canceled) && err != nil {
			first = err
		}
	}
	return first
}

// Observations returns what was read, by identity, as plan.Begun.Finish takes it.
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

// Brokers opens the brokers of the given blocks, begins the plan and reads what it must know of
// each. blocks are those that the plan needs, see Needed; they become in.Brokers. The first
// error ends the observation and is returned together with the results: the error of a
// Result, or a *SharedError, *MovedError, *OrphanError or *BackupError.
func Brokers(ctx context.Context, blocks []spec.Broker, in plan.Input, o Options) (*plan.Begun, Results, error) {
	began := time.Now() // a read of many messages takes minutes, so this is the age of the oldest
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

// Recorded begins a plan without a refresh. It opens no broker, and takes their identities from
// the pins of the state. blocks are those that the plan needs, and declared are all. The error
// is an *OrphanError.
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

// Needed returns the declared brokers that a plan must open: those with declared messages or
// exclusive blocks. If the state or a backup holds anything it returns all of them, because it
// may belong to any of them.
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

// openReaders opens brokers one after the other until one fails. It returns a result for each
// broker that it tried.
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

// read reads the brokers concurrently and completes their results. The first error cancels
// the other reads.
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
	reading.Wait() // the errors are in the results
}

// describe returns an opened broker as a plan has it.
func describe(b spec.Broker, info broker.Info, dir string) plan.Broker {
	return plan.Broker{
		Name: b.Name, Type: b.Type, Identity: state.Identity(info.Identity),
		Address:      strings.TrimPrefix(info.Address, dir+string(filepath.Separator)),
		Description:  info.Description,
		Capabilities: info.Capabilities,
	}
}

// broker returns the options to open a broker with.
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

// known returns a recorded message with the broker's time of its last write. It returns false
// if that time or a part of the message was not recorded.
func known(prior *state.Snapshot, key state.Key) (mqtt.Retained, bool) {
	if prior == nil {
		return mqtt.Retained{}, false
	}
	r, ok := prior.Records[key]
	return mqtt.Retained{Message: r.Message, Modified: r.Modified}, ok && r.Redaction.None() && !r.Modified.IsZero()
}
