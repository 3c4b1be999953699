package apply

import (
	"fmt"

	"github.com/retainctl/retainctl/plan"
	"github.com/retainctl/retainctl/state"
)

// backUp hands over the messages that the plan takes away, before the first publish.
// They are what the plan saw: a message that is another one by the time of its publish
// is a conflict, and is not replaced. Where nothing is taken away, nothing is written.
func (r *run) backUp() error {
	b := &state.Backup{Made: r.Now().UTC(), Lineage: r.state.Lineage, Brokers: map[state.Identity]state.Pin{}, Records: map[state.Key]state.Record{}}
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

// keep puts what a change takes away into a backup.
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
