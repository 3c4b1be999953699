package plan

import (
	"fmt"

	"github.com/retainctl/retainctl/mqtt"
)

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
		if p.mayForget(t) {
			p.forget(t, reasons)
		}
	case p.mayDelete(t):
		p.delete(t, reasons)
	}
}

// mayDelete reports whether a recorded message may be deleted; if not, it refuses
// the plan.
func (p *planner) mayDelete(t *topic) bool {
	if t.preventDestroy() {
		p.refuse(RefusePreventDestroy, t)
		return false
	}
	if by := p.in.protectedBy(t.broker.Name, t.key.Topic); by != nil {
		p.refuseBecause(RefuseProtect, t, fmt.Sprintf("%s at %s:%d", by.Address, by.Range.Filename, by.Range.Start.Line))
		return false
	}
	return true
}

// mayForget reports whether a message that is to be forgotten would stay: within an
// exclusive filter the next plan would find it untracked and delete it.
func (p *planner) mayForget(t *topic) bool {
	x := p.in.exclusiveAt(t.broker.Name, t.key.Topic)
	if x == nil {
		return true
	}
	p.refuseBecause(RefuseForget, t, fmt.Sprintf("%s at %s:%d", x.Address, x.Range.Filename, x.Range.Start.Line))
	return false
}

// forgetRemoved forgets what a removed block says so of, without a look at the broker:
// whoever looks after it now may not let us read it.
func (p *planner) forgetRemoved(t *topic) {
	switch {
	case p.in.Mode == RefreshOnly: // no more than what is live is accepted
	case t.pending != nil && !p.refreshed:
		p.refuse(RefusePending, t)
	case t.rec == nil: // only an interrupted apply knew of it
		p.stateOnly(t, nil)
	default:
		change := p.change(t, Forget, interrupted(t, Removed))
		change.Before, change.BeforeDigest = shown(t.rec.Message, change.Redaction), change.prior.Digest
		p.plan.Changes = append(p.plan.Changes, change)
		p.released++
	}
}

// deleteUntracked plans the end of a live message that is neither declared nor
// recorded, if it is within an exclusive filter.
func (p *planner) deleteUntracked(t *topic) {
	if t.exclusive == nil || !t.there {
		return
	}
	if by := p.in.protectedBy(t.broker.Name, t.key.Topic); by != nil {
		p.plan.Protected = append(p.plan.Protected, Protected{t.key, t.broker.Name, by.Address})
		return
	}
	why := []Reason{Exclusive}
	if t.pending != nil {
		why = append(why, Interrupted)
	}
	p.delete(t, why)
}

// delete plans the publish that removes a message. It asks for an acknowledgement
// if the message itself did, or was somebody else's.
func (p *planner) delete(t *topic, why []Reason) {
	change := p.change(t, Delete, why)
	qos := mqtt.QoS(1)
	if t.rec != nil {
		qos = min(t.rec.QoS, 1)
	}
	change.message = mqtt.Deletion(t.key.Topic, qos)
	p.showBefore(t, &change, p.seen(t))
	p.plan.Changes = append(p.plan.Changes, change)
	p.plan.Deletes.Deletes++
}

// forget plans to drop a record and to leave the message.
func (p *planner) forget(t *topic, why []Reason) {
	change := p.change(t, Forget, why)
	p.showBefore(t, &change, p.seen(t))
	p.plan.Changes = append(p.plan.Changes, change)
}
