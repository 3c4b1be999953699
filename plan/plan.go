// Package plan works out what must be published so that brokers hold what a
// configuration declares. It takes two steps: Begin returns what must be read of each
// broker, and Finish turns what was read into a Plan. Both are pure: desired, recorded
// and observed messages go in, a Plan comes out; no I/O, no formatting, no clock.
//
// A plan is a value. What it shows is redacted already: only Change.Publish
// returns the message to send, sensitive parts included.
package plan

import (
	"time"

	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Plan is everything that would be done, and what is against it.
type Plan struct {
	Changes  []Change // what is to be done, without no-ops; sorted by broker and topic
	NoOps    int      // declared, live and equal
	Cosmetic int      // of these, how many differ in spelling only

	// StateOnly is what apply writes into the state without a publish and
	// without a line in the plan: a renamed block, a changed on_destroy, the live
	// spelling of an equal document, a settled pending entry, the record of a message
	// that is neither declared nor there any more. Their Action is NoOp. A topic may
	// be here and in Changes, and here twice: what is here goes first, in order.
	StateOnly []Change `json:"-"`

	// Drift is what a RefreshOnly plan accepts into the state: Before is what is
	// recorded, After what is live, nil if it is gone. Their Action is NoOp.
	Drift []Change `json:",omitempty"`

	Refusals  []Refusal
	Warnings  []Warning
	Brokers   []Broker
	Mode      Mode
	Refreshed bool
	Created   time.Time

	Prior     PriorVersion
	Deletes   DeleteBudget
	Protected []Protected // undeclared messages that protect blocks keep
	Complete  bool        // the observation shows every undeclared message that matters
	Reasons   []string    // why it does not
	Variables []spec.Variable
}

// PriorVersion is the state that a plan was made from; zero before the first
// apply.
type PriorVersion struct {
	Lineage string
	Serial  uint64
}

// DeleteBudget is what max_deletes says of a plan.
type DeleteBudget struct {
	Limit   spec.Threshold
	Deletes int
	Managed int // recorded messages and untracked ones found: what a percentage is of
}

func (b DeleteBudget) exceeded() bool {
	if b.Limit.Percent {
		return b.Deletes*100 > b.Limit.Number*b.Managed
	}
	return b.Deletes > b.Limit.Number
}

// Protected is an undeclared message within an exclusive filter that is left
// alone, since a protect block forbids to delete it.
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

// HasChanges reports whether there is anything that -detailed-exitcode reports.
// StateOnly does not count.
func (p *Plan) HasChanges() bool { return len(p.Changes)+len(p.Drift) > 0 }

// Blocked returns the refusals that keep apply from running the plan; with fatal,
// only those that make plan itself fail.
func (p *Plan) Blocked(fatal bool) []Refusal {
	var found []Refusal
	for _, r := range p.Refusals {
		if r.Fatal || !fatal {
			found = append(found, r)
		}
	}
	return found
}
