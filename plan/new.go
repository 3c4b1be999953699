package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// New works out the plan. Every declared message names one of the brokers, and
// no two brokers have one identity: the caller refused what is otherwise, and
// recorded messages whose broker is not among them are left alone.
//
// What is not to be touched (unselected, unread, in conflict) is settled before
// anything is compared, never filtered out of the result: a message that nobody
// may touch must not take part in a diff.
func New(in Input) *Plan {
	p := newPlanner(in)
	for _, t := range p.gather() {
		switch {
		case in.removed(t):
			p.release(t)
		case p.settled(t):
			p.census(t)
			p.decide(t)
		}
	}
	p.drop()
	p.limit()
	p.warn()
	return p.plan
}

// planner is the run of one New.
type planner struct {
	in       Input
	key      []byte
	byName   map[string]*Broker
	byID     map[state.Identity]*Broker
	selected *selection
	plan     *Plan

	expiring  map[string][]string    // topics that will expire, by broker
	unchecked map[string][]string    // adopted topics with fields that cannot be read back
	hidden    map[string]mqtt.Fields // declared fields that cannot be read back
	present   map[string]bool        // brokers that show anything that is recorded
	missing   map[string][]string    // recorded topics that are gone before their time, by broker
	gone      []*topic               // recorded, to be removed, and not there
	otherwise []string               // topics that are restored against their declaration
	released  int                    // records that removed blocks let go of
	sensitive bool                   // something declared is
}

func newPlanner(in Input) *planner {
	p := &planner{
		in: in, selected: newSelection(in),
		byName: map[string]*Broker{}, byID: map[state.Identity]*Broker{},
		expiring: map[string][]string{}, unchecked: map[string][]string{}, hidden: map[string]mqtt.Fields{},
		present: map[string]bool{}, missing: map[string][]string{},
		plan: &Plan{Mode: in.Mode, Refreshed: in.Refreshed, Created: in.Now, Complete: in.Refreshed},
	}
	if !in.Refreshed {
		p.plan.Reasons = []string{"the brokers were not read (-refresh=false)"}
		for _, b := range in.Brokers {
			if b.Unpinned {
				p.plan.Reasons = append(p.plan.Reasons, fmt.Sprintf("broker %q was never read, so who it is is not known yet: the token is not the one of a plan that reads it", b.Name))
			}
		}
	}
	if in.Prior != nil {
		p.key = in.Prior.DigestKey
		p.plan.Prior = PriorVersion{in.Prior.Lineage, in.Prior.Serial}
	}
	for i := range in.Brokers {
		b := &in.Brokers[i]
		p.byName[b.Name], p.byID[b.Identity] = b, b
		p.incomplete(b.Unsure...)
		shown := *b
		shown.Observed = mqtt.Observation{} // it holds sensitive values
		p.plan.Brokers = append(p.plan.Brokers, shown)
	}
	return p
}

// census notes whether a broker still holds what is recorded on it. One that shows
// nothing of it all has rather lost its store, or its reader the right to read,
// than every message by somebody's hand.
func (p *planner) census(t *topic) {
	name := t.broker.Name
	switch {
	case t.stranger: // it says nothing of what is recorded
	case t.there:
		p.present[name] = true
	case t.rec != nil && p.in.Refreshed && !expired(t.rec, p.in.Now):
		p.missing[name] = append(p.missing[name], t.key.Topic)
	}
}

// unseen tells whether a broker shows nothing of several messages recorded on it.
func (p *planner) unseen(name string) bool { return len(p.missing[name]) > 1 && !p.present[name] }

// drop lets go of records whose message was to be removed and is gone: quietly, as
// Terraform does, but in the open where a broker shows nothing at all, since the
// messages may well be there, unread.
func (p *planner) drop() {
	for _, t := range p.gone {
		if p.unseen(t.broker.Name) {
			p.plan.Changes = append(p.plan.Changes, p.change(t, Forget, interrupted(t, Drift)))
		} else {
			p.bookkeep(t, nil)
		}
	}
	slices.SortFunc(p.plan.Changes, byPlace)
	slices.Sort(p.otherwise)
	slices.SortStableFunc(p.plan.Bookkeeping, byPlace) // one topic may stand there twice
}

// byPlace is the order of a plan.
func byPlace(a, b Change) int {
	return cmp.Or(cmp.Compare(a.Broker, b.Broker), cmp.Compare(a.Key.Topic, b.Key.Topic))
}

// decide plans one settled topic.
func (p *planner) decide(t *topic) {
	if t.otherwise {
		p.otherwise = append(p.otherwise, t.key.Topic)
	}
	switch {
	case p.in.Mode == DestroyAll:
		p.remove(t, Destroy)
	case p.in.Mode == RefreshOnly:
		p.accept(t)
	case t.decl == nil && t.rec == nil:
		p.expel(t)
	case t.decl == nil:
		p.remove(t, Undeclared)
	case !t.there:
		p.create(t)
	default:
		p.keep(t)
	}
}

// remove plans the end of a recorded message. One that is gone already is dropped
// from the state quietly, as Terraform does: there is nothing to decide about.
func (p *planner) remove(t *topic, why Reason) {
	if t.rec == nil {
		return
	}
	reasons := interrupted(t, why)
	switch {
	case !t.there:
		p.gone = append(p.gone, t)
	case t.onDestroy() == "forget":
		if p.unclaimed(t) {
			p.forget(t, reasons)
		}
	case p.unguarded(t):
		p.delete(t, reasons)
	}
}

// onDestroy is the declared choice where there is a declaration still, and the
// recorded one where it is gone.
func (t *topic) onDestroy() string {
	if t.decl != nil {
		return t.decl.OnDestroy
	}
	return t.rec.OnDestroy
}

// preventDestroy likewise: what was switched off in the configuration does not
// need an apply of its own first.
func (t *topic) preventDestroy() bool {
	if t.decl != nil {
		return t.decl.PreventDestroy
	}
	return t.rec.PreventDestroy
}

// interrupted adds the reason that says that an apply was cut off here. A topic
// that only the interrupted apply knew of has no other.
func interrupted(t *topic, reasons ...Reason) []Reason {
	switch {
	case t.pending == nil:
		return reasons
	case t.orphan:
		return []Reason{Interrupted}
	}
	return append(reasons, Interrupted)
}

// create plans a message that is not there.
func (p *planner) create(t *topic) {
	var why []Reason
	switch {
	case t.backup != nil:
		why = interrupted(t, Restored)
	case t.rec == nil && t.pending != nil:
		why = []Reason{Interrupted}
	case t.rec == nil:
		why = []Reason{Added}
	case expired(t.rec, p.in.Now):
		why = interrupted(t, Expired)
	default:
		why = interrupted(t, Drift)
	}
	p.publish(t, Create, why, comparison{want: t.decl.Message})
}

// keep plans a declared message that is there.
func (p *planner) keep(t *topic) {
	p.conceal(t)
	c := p.compare(t)
	why := p.reasons(t, c)
	switch {
	case t.rec == nil && c.diff != 0 && !p.in.OverwriteUnmanaged:
		p.refuse(RefuseUnmanaged, true, t)
	case len(why) > 0 && t.rec != nil && p.unknown(t):
		p.refuse(RefuseUnknown, true, t)
	case len(why) > 0 || t.unsure:
		p.publish(t, Update, interrupted(t, why...), c)
	case t.rec == nil:
		p.adopt(t, c)
	default:
		p.leave(t, c)
	}
}

// reasons says why a message that is there is published again; none: it is not.
func (p *planner) reasons(t *topic, c comparison) []Reason {
	var why []Reason
	add := func(holds bool, r Reason) {
		if holds {
			why = append(why, r)
		}
	}
	switch {
	case t.backup != nil:
		add(c.diff != 0, Restored)
	case c.diff == 0:
		add(p.mustRenew(t), Expiring)
		add(t.republish, Republish)
	case t.rec == nil:
		add(true, Unmanaged)
	default:
		config, drift := p.causes(t)
		add(config || !drift, Config)
		add(drift, Drift)
	}
	return why
}

// expired tells whether a recorded message has outlived its expiry.
func expired(r *state.Record, now time.Time) bool {
	return r.Expiry > 0 && remaining(r.UpdatedAt, r.Expiry, now) <= 0
}

func remaining(since time.Time, expiry uint32, now time.Time) time.Duration {
	return since.Add(time.Duration(expiry) * time.Second).Sub(now)
}

// mustRenew tells whether less than renew_before remains of a message's expiry:
// as the broker counts it, or by when it was published where a read does not show
// that.
func (p *planner) mustRenew(t *topic) bool {
	if t.decl.Expiry == 0 || t.decl.RenewBefore == 0 {
		return false
	}
	left, known := p.timeLeft(t)
	return known && left < t.decl.RenewBefore
}

func (p *planner) timeLeft(t *topic) (left time.Duration, known bool) {
	b := t.broker
	switch {
	case p.in.Refreshed && b.ShowsExpiry():
		return time.Duration(t.live.Expiry) * time.Second, true
	case t.rec != nil:
		return remaining(t.rec.UpdatedAt, t.rec.Expiry, p.in.Now), true
	case !t.live.Modified.IsZero():
		return remaining(t.live.Modified, t.decl.Expiry, p.in.Now), true
	}
	return 0, false
}
