package plan

import (
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Mode is what kind of plan is asked for.
type Mode int

const (
	Normal Mode = iota
	DestroyAll
	RefreshOnly // what is live is recorded; nothing is published
	Restore     // what a backup holds is published
)

// Input is all that a plan depends on.
type Input struct {
	Desired   []spec.Message
	Prior     *state.Snapshot // nil before the first apply
	Brokers   []Broker        // each with its own identity
	Refreshed bool            // the brokers were read; false under -refresh=false
	Mode      Mode
	Backup    *state.Backup // of Restore

	Exclusive        []spec.Exclusive // none overlaps another of its broker
	Protect, Removed []spec.FilterBlock

	Target, Exclude, Republish []Selector
	OverwriteUnmanaged         bool
	MaxDeletes                 *spec.Threshold // nil: 30 percent, once ten are managed
	Failed                     []spec.Failed   // assertions of check blocks
}

// recordedOnly reports whether a plan looks at nothing but what state knows of.
func (in *Input) recordedOnly() bool { return in.Mode == DestroyAll || in.Mode == RefreshOnly }
