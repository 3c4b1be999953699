package plan

import (
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Mode is a kind of plan.
type Mode int

const (
	Normal      Mode = iota
	DestroyAll       // deletes or forgets everything that is recorded
	RefreshOnly      // records what is live and publishes nothing
	Restore          // publishes the messages of Input.Backup
)

// Input is everything that a plan depends on, except what is live.
type Input struct {
	Desired   []spec.Message  // what is declared; a topic of a broker occurs once
	Prior     *state.Snapshot // nil before the first apply
	Brokers   []Broker        // no two with the same identity
	Refreshed bool            // the brokers are read; false under -refresh=false
	Mode      Mode
	Backup    *state.Backup // what Mode Restore publishes; nil in other modes

	Exclusive        []spec.Exclusive // none overlaps another of its broker
	Protect, Removed []spec.FilterBlock

	Target, Exclude []Selector      // an empty Target selects everything
	Republish       []Selector      // what is published even if it is unchanged
	MaxDeletes      *spec.Threshold // nil: 30 percent, if at least ten messages are managed
	Failed          []spec.Failed   // assertions of check blocks that do not hold
	// OverwriteUnmanaged replaces unmanaged messages, and messages in conflict with a
	// pending entry, instead of refusing the plan. Overwrite does so where it matches.
	OverwriteUnmanaged bool
	Overwrite          []Selector
}

// recordedOnly reports whether a plan is about recorded and pending topics only.
func (in *Input) recordedOnly() bool { return in.Mode == DestroyAll || in.Mode == RefreshOnly }
