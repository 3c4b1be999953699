// Package apply runs a plan: in dependency order, creates and updates before deletes, one publish
// for each change. Each change is checked against what the plan saw, and read back if an
// acknowledgement does not prove storage.
//
// What it is about to publish is saved as pending before the first publish, and what was
// acknowledged is recorded. So after a kill at any moment the next plan knows every message that
// may have been published.
package apply

import (
	"context"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// Target is a broker to publish to. broker.Writer implements it and documents the methods.
type Target interface {
	Read(ctx context.Context, topics []string) (mqtt.Observation, error)
	Publish(ctx context.Context, batch []mqtt.Message, done func(i int, err error))
}

// Destination is a target and what it can do. The capabilities are those of the open
// connection: a plan that was made without a refresh does not know them.
type Destination struct {
	Target
	mqtt.Capabilities
}

// Options are what a run needs in addition to its plan.
type Options struct {
	// To has the destination of every broker that the plan has changes for.
	To   map[state.Identity]Destination
	Save func(ctx context.Context, s *state.Snapshot) error // writes the state and raises its serial
	// Backup stores the messages that are about to be replaced or deleted; when it returns, they
	// are on the disk. If it returns an error, nothing is published. A nil Backup stores none.
	Backup func(*state.Backup) error
	// Event is called serially with every event. It may be nil.
	Event func(Event)
	Now   func() time.Time // nil is time.Now
	// SkipVerify is -verify=false: do not read back what was written.
	SkipVerify bool
	// Observed is when the plan's brokers were read. If that is longer ago than plan.FreshFor, each
	// batch is read again before it is published.
	Observed time.Time
}

// Outcome is how one change ended.
type Outcome string

const (
	Done       Outcome = "done"
	Failed     Outcome = "failed"    // not acknowledged, or missing when read back
	Conflicted Outcome = "conflict"  // the live message is not the one that was planned on
	Skipped    Outcome = "skipped"   // something that it depends on was not done
	Cancelled  Outcome = "cancelled" // not begun when the run was interrupted
)

// Result is one change with its outcome.
type Result struct {
	Change  *plan.Change
	Outcome Outcome
	Err     error         // nil if Outcome is Done or Cancelled
	Live    *mqtt.Message // redacted; the live message of a conflict or a failed read-back, or nil
}

// Report describes how a run ended. Results are in the order of the plan's changes.
type Report struct {
	Results     []Result
	Interrupted bool // ctx ended before the run did
	// SaveErr is the error of the last write of the state. If it is not nil, State holds what the
	// caller must save by other means.
	SaveErr error
	State   *state.Snapshot
}

// Failed reports whether a change failed, met a conflict or was skipped. Cancelled changes do not
// count.
func (r *Report) Failed() bool {
	for i := range r.Results {
		switch r.Results[i].Outcome {
		case Failed, Conflicted, Skipped:
			return true
		}
	}
	return false
}

// Published reports whether a publish was sent that the broker may have stored.
func (r *Report) Published() bool {
	for i := range r.Results {
		_, publishes := r.Results[i].Change.Publish()
		if publishes && (r.Results[i].Outcome == Done || r.Results[i].Outcome == Failed) {
			return true
		}
	}
	return false
}

// Event is something that happened during a run: Started, Progressed or Ended.
type Event interface{ event() }

// Started opens a run.
type Started struct{ Total int } // Total is the number of changes

// Progressed reports the outcome of one change.
type Progressed struct{ Result Result }

// Ended closes a run.
type Ended struct{ Report *Report }

func (Started) event()    {}
func (Progressed) event() {}
func (Ended) event()      {}
