package observe

import (
	"maps"
	"slices"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// checkPins returns an error if a block leads to a different broker than the one that its
// records belong to. It runs before anything is read.
func checkPins(brokers []plan.Broker, prior *state.Snapshot) error {
	now := identities(brokers)
	if one, other, shared := state.Shared(now); shared {
		return &SharedError{one, other, now[one]}
	}
	if prior == nil {
		return nil
	}
	moved, orphans := prior.CheckPins(now)
	for _, m := range moved {
		return &MovedError{m}
	}
	for _, o := range orphans {
		return &OrphanError{Orphan: o}
	}
	return nil
}

// checkRecorded returns an error if the pins do not show which block leads to a broker with
// records, so that a plan without a refresh cannot be made.
func checkRecorded(brokers []plan.Broker, prior *state.Snapshot) error {
	if prior == nil {
		return nil
	}
	_, orphans := prior.CheckPins(identities(brokers))
	for _, o := range orphans {
		return &OrphanError{Orphan: o, Unasked: true}
	}
	return nil
}

// checkBackup returns an error if a backup has messages of a broker that no block leads to: a
// plan would ignore them.
func checkBackup(brokers []plan.Broker, b *state.Backup) error {
	if b == nil {
		return nil
	}
	known := slices.Collect(maps.Values(identities(brokers)))
	for _, key := range slices.SortedFunc(maps.Keys(b.Records), state.CompareKeys) {
		if !slices.Contains(known, key.Broker) {
			return &BackupError{key.Broker, b.Brokers[key.Broker].Name}
		}
	}
	return nil
}

// identities returns the identity that each block leads to, by the block's label.
func identities(brokers []plan.Broker) map[string]state.Identity {
	now := make(map[string]state.Identity, len(brokers))
	for _, b := range brokers {
		now[b.Name] = b.Identity
	}
	return now
}
