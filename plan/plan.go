// Package plan works out what must be published so that brokers hold what a
// configuration declares. It takes two steps: Begin returns what must be read from each
// broker, and Finish turns what was read into a Plan. Both are pure functions of declared,
// recorded and observed messages: no I/O, no formatting, no clock.
//
// A Plan is a value. The messages in its fields are redacted; only Change.Publish and
// Change.Record return more.
package plan

import (
	"time"

	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Plan is what apply would do, with the reasons not to do it.
type Plan struct {
	Changes  []Change // without no-ops; sorted by broker and topic
	NoOps    int      // number of messages that are declared, live and equal
	Cosmetic int      // number of no-ops whose payload differs in spelling only

	// StateOnly is what apply writes into the state without a publish and
	// without a line in the plan: a renamed block, a changed on_destroy, the live
	// spelling of an equal document, a settled pending entry, the dropped record of a
	// message that is no longer declared or live. Action is NoOp. A topic may occur here
	// and in Changes, and twice here: apply writes these first, in their order.
	StateOnly []Change `json:"-"`

	// Drift is what a RefreshOnly plan accepts into the state: Before is the recorded
	// message, After the live one, or nil if it is gone. Action is NoOp.
	Drift []Change `json:",omitempty"`

	Refusals  []Refusal
	Warnings  []Warning
	Brokers   []Broker
	Mode      Mode
	Refreshed bool
	Created   time.Time // the time that Finish was given

	Prior     PriorVersion
	Deletes   DeleteBudget
	Protected []Protected     // untracked messages that protect blocks keep
	Complete  bool            // the observation shows every untracked message that the plan could delete
	Reasons   []string        // why it may not; empty if Complete
	Variables []spec.Variable // set by the caller, for display
}

// PriorVersion identifies the state that a plan was made from; zero before the first apply.
type PriorVersion struct {
	Lineage string // see state.Snapshot
	Serial  uint64
}

// DeleteBudget compares the deletes of a plan with max_deletes.
type DeleteBudget struct {
	Limit   spec.Threshold // max_deletes or its default
	Deletes int            // number of planned deletes
	Managed int            // recorded, pending and deletable untracked messages: what a percentage refers to
}

func (b DeleteBudget) exceeded() bool {
	if b.Limit.Percent {
		return b.Deletes*100 > b.Limit.Number*b.Managed
	}
	return b.Deletes > b.Limit.Number
}

// Protected is an untracked message that matches an exclusive block and is kept, because a
// protect block forbids its delete.
type Protected struct {
	Key    state.Key
	Broker string // the block's label
	By     string // address of the protect block
}

// Counts are the numbers of the plan's last line.
type Counts struct{ Import, Create, Update, Delete, Forget int }

// Counts counts the changes by action.
func (p *Plan) Counts() Counts {
	var n Counts
	for i := range p.Changes {
		switch p.Changes[i].Action {
		case Create:
			n.Create++
		case Update:
			n.Update++
		case Delete:
			n.Delete++
		case Import:
			n.Import++
		case Forget:
			n.Forget++
		}
	}
	return n
}

// HasChanges reports whether -detailed-exitcode reports changes: there is a change or a
// drift. StateOnly does not count.
func (p *Plan) HasChanges() bool { return len(p.Changes)+len(p.Drift) > 0 }

// Blocked returns the refusals that keep apply from running the plan. If fatal is set, it
// returns only those that make plan itself fail.
func (p *Plan) Blocked(fatal bool) []Refusal {
	var found []Refusal
	for _, r := range p.Refusals {
		if r.Fatal || !fatal {
			found = append(found, r)
		}
	}
	return found
}
