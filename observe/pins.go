package observe

import (
	"maps"
	"slices"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// checkPins refuses to work on a broker that is not the one that records belong
// to, before anything is read from it.
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

// checkRecorded refuses a plan without a refresh if nobody can tell, without
// asking the brokers, which block leads to what is recorded.
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

// checkBackup refuses a backup of a broker that no block leads to: its messages would
// be passed over.
func checkBackup(brokers []plan.Broker, b *state.Backup) error {
	if b == nil {
		return nil
	}
	led := slices.Collect(maps.Values(identities(brokers)))
	for _, key := range slices.SortedFunc(maps.Keys(b.Records), state.CompareKeys) {
		if !slices.Contains(led, key.Broker) {
			return &BackupError{key.Broker, b.Brokers[key.Broker].Name}
		}
	}
	return nil
}

// identities returns where each block leads, by its label.
func identities(brokers []plan.Broker) map[string]state.Identity {
	now := make(map[string]state.Identity, len(brokers))
	for _, b := range brokers {
		now[b.Name] = b.Identity
	}
	return now
}
