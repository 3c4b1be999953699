package apply

import (
	"fmt"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// backUp passes the messages that the plan replaces or deletes to Options.Backup, before the first
// publish. They are the messages that the plan saw: one that has changed by the time of its publish
// is a conflict, and is not replaced. If the plan replaces nothing, no backup is written.
func (r *run) backUp() error {
	b := &state.Backup{
		Made: r.Now().UTC(), Lineage: r.state.Lineage,
		Brokers: map[state.Identity]state.Pin{}, Records: map[state.Key]state.Record{},
	}
	for i := range r.plan.Changes {
		r.keep(b, &r.plan.Changes[i])
	}
	if r.Backup == nil || len(b.Records)+b.LeftOut == 0 {
		return nil
	}
	if err := r.Backup(b); err != nil {
		return fmt.Errorf("back up what is about to be replaced: %w", err)
	}
	return nil
}

// keep adds the message that a change replaces or deletes to a backup.
func (r *run) keep(b *state.Backup, c *plan.Change) {
	lost, sensitive := c.Replaced(r.comparer(c.Key.Broker), r.Now())
	switch {
	case sensitive:
		b.LeftOut++
	case lost != nil:
		b.Records[c.Key] = *lost
		b.Brokers[c.Key.Broker] = r.state.Brokers[c.Key.Broker]
	}
}
