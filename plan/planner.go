package plan

import (
	"fmt"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// planner builds a plan, topic by topic, by what its judge says of each.
type planner struct {
	judge
	in       *Input
	byName   map[string]*Broker
	selected selection
	plan     *Plan

	expiring      map[string][]string    // topics that will expire, by broker
	unchecked     map[string][]string    // adopted topics with fields that cannot be read back
	unplaced      map[string][]string    // updated topics whose live payload has no place for ignored paths
	hidden        map[string]mqtt.Fields // declared fields that cannot be read back
	present       map[string]bool        // brokers that show a recorded message
	missing       map[string][]string    // recorded topics that are gone without having expired, by broker
	gone          []*topic               // recorded, to be removed, and not live
	contradicting []string               // topics whose restored message is not the declared one
	forgotten     int                    // number of records that removed blocks forget
	sensitive     bool                   // a declared message has a sensitive part
}

func newPlanner(b *Begun, observed map[state.Identity]*Observation, now time.Time) *planner {
	in := &b.in
	p := &planner{
		judge: judge{refreshed: in.Refreshed, now: now},
		in:    in, byName: b.byName, selected: b.selected.clone(),
		expiring: map[string][]string{}, unchecked: map[string][]string{}, unplaced: map[string][]string{}, hidden: map[string]mqtt.Fields{},
		present: map[string]bool{}, missing: map[string][]string{},
		plan: &Plan{Mode: in.Mode, Refreshed: in.Refreshed, Created: now, Complete: in.Refreshed},
	}
	p.plan.Deletes.Managed = b.managed
	if in.Prior != nil {
		p.key = in.Prior.DigestKey
		p.plan.Prior = PriorVersion{in.Prior.Lineage, in.Prior.Serial}
	}
	if !in.Refreshed {
		p.plan.Reasons = unread(in.Brokers)
	}
	for _, broker := range in.Brokers {
		seen := observed[broker.Identity]
		p.incomplete(seen.Unsure...)
		if !seen.Began.IsZero() {
			broker.Age = now.Sub(seen.Began)
		}
		p.plan.Brokers = append(p.plan.Brokers, broker)
	}
	return p
}

// unread returns why a plan that read no broker is incomplete.
func unread(brokers []Broker) []string {
	reasons := []string{"the brokers were not read (-refresh=false)"}
	for _, b := range brokers {
		if b.Unpinned {
			reasons = append(reasons, fmt.Sprintf(unpinned, b.Name))
		}
	}
	return reasons
}

const unpinned = "broker %q was never read, so its identity is not known yet: " +
	"the token differs from that of a plan that reads it"

// unseen reports whether a broker shows nothing of several messages recorded on it.
func (p *planner) unseen(name string) bool { return len(p.missing[name]) > 1 && !p.present[name] }

// stateOnly adds a record that apply writes into the state; nil drops the record.
func (p *planner) stateOnly(t *topic, r *state.Record) {
	c := p.change(t, NoOp, nil)
	c.record = r
	p.plan.StateOnly = append(p.plan.StateOnly, c)
}

// incomplete notes why untracked messages may be missing from the plan.
func (p *planner) incomplete(reasons ...string) {
	if len(reasons) > 0 {
		p.plan.Complete = false
		p.plan.Reasons = append(p.plan.Reasons, reasons...)
	}
}
