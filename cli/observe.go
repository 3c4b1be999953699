package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/retainctl/retainctl/apply"
	"github.com/retainctl/retainctl/observe"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/render"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// observing returns the options with which brokers are opened for a plan.
func observing(s *session, parallelism int) observe.Options {
	return observe.Options{
		Dir: s.Dir, Parallelism: parallelism, Log: s.log,
		Opening: func(broker string) func() { return s.waiting(fmt.Sprintf("Connecting to broker %s", broker)) },
		Reading: func(topics, brokers int) func() {
			return s.waiting(fmt.Sprintf("Reading %s of %s", render.Count(topics, "topic"), render.Count(brokers, "broker")))
		},
	}
}

// observed makes a plan from what is live on the brokers that it needs. Without a refresh it makes
// the plan from what is recorded of them.
func observed(
	ctx context.Context, s *session, declared []spec.Broker, in plan.Input, parallelism int,
) (*plan.Plan, error) {
	needed := observe.Needed(declared, &in)
	if !in.Refreshed {
		begun, err := observe.Recorded(needed, declared, in)
		if err != nil {
			return nil, worded(err)
		}
		return begun.Finish(nil, time.Now()), nil
	}
	begun, results, err := observe.Brokers(ctx, needed, in, observing(s, parallelism))
	if err != nil {
		return nil, worded(err)
	}
	return begun.Finish(results.Observations(), time.Now()), nil
}

// destinations opens the brokers that a run of a plan publishes to or adopts from, and returns a
// function that closes them. Each broker of the plan has an entry, which is zero if it is not needed.
func destinations(
	ctx context.Context, s *session, c *spec.Config, p *planned, parallelism int,
) (map[state.Identity]apply.Destination, func(), error) {
	open, err := observe.OpenWriters(ctx, c.Brokers, p.Plan, p.prior, observing(s, parallelism))
	if err != nil {
		return nil, nil, worded(err)
	}
	to := map[state.Identity]apply.Destination{}
	for _, b := range p.Brokers {
		to[b.Identity] = apply.Destination{}
		if w, ok := open[b.Identity]; ok {
			to[b.Identity] = apply.Destination{Target: w, Capabilities: w.Info().Capabilities}
		}
	}
	return to, open.Close, nil
}

const (
	movedAdvice = "broker %q was %s and is now %s. What the state records belongs to the former. " +
		"If it is the same broker under a new address, run \"retainctl state rebind %[2]s %[3]s\"; " +
		"if the former is gone, run \"retainctl state rm -broker=%[2]s\"."
	orphanAdvice = "The state records %s on %s, which was broker %q, but no broker block leads there. " +
		"Bring the block back; or, if it is the same broker as another block's, run \"retainctl state rebind %[2]s NEW\"; " +
		"or, if the broker is gone, run \"retainctl state rm -broker=%[2]s\"."
	unaskedAdvice = "The state records %s on %s, which was broker %q. No broker block has that name any more, " +
		"and -refresh=false does not find out where the others lead. Bring the block back; or, if it was renamed, " +
		"apply once, which records the new name; or, if the broker is gone, run \"retainctl state rm -broker=%[2]s\"."
	backupAdvice = "The backup holds messages of %s, which was broker %q, but no broker block leads there. " +
		"Bring the block back."
	noBlock  = "The plan was made for broker %q, which the configuration no longer has."
	replaced = "broker %q was %s when the plan was made and is now %s. Nothing was published."
)

// worded returns the diagnostic for an error of package observe. Other errors stay as they are.
func worded(err error) error {
	var (
		unusable   *observe.UnusableError
		shared     *observe.SharedError
		moved      *observe.MovedError
		orphan     *observe.OrphanError
		backup     *observe.BackupError
		undeclared *observe.UndeclaredError
		other      *observe.ReplacedError
	)
	switch {
	case errors.As(err, &unusable):
		return failure(fmt.Sprintf("Broker %q cannot be used", unusable.Name), headline(unusable.Err)+".")
	case errors.As(err, &shared):
		return failure("Two broker blocks are one broker", fmt.Sprintf(
			"broker %q and broker %q both lead to %s. Keep one of them.", shared.One, shared.Other, shared.Identity))
	case errors.As(err, &moved):
		return failure("The broker changed", fmt.Sprintf(movedAdvice, moved.Name, moved.Was, moved.Now))
	case errors.As(err, &orphan):
		advice := orphanAdvice
		if orphan.Unasked {
			advice = unaskedAdvice
		}
		return failure("No block for a recorded broker",
			fmt.Sprintf(advice, render.Count(orphan.Records, "message"), orphan.Identity, orphan.Name))
	case errors.As(err, &backup):
		return failure("No block for a broker of the backup", fmt.Sprintf(backupAdvice, backup.Identity, backup.Name))
	case errors.As(err, &undeclared):
		return failure("No such broker block", fmt.Sprintf(noBlock, undeclared.Name))
	case errors.As(err, &other):
		return failure("Not the broker that was planned for", fmt.Sprintf(replaced, other.Name, other.Planned, other.Now))
	}
	return err
}
