package plan

import (
	"fmt"

	"github.com/retainctl/retainctl/mqtt"
)

// remove plans to delete or forget a recorded message. If it is already gone, its record is
// dropped without a line in the plan, as Terraform does.
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
		p.refuseBecause(RefuseProtect, t, fmt.Sprintf("%s at %s", by.Address, place(by)))
		return false
	}
	return true
}

// mayForget reports whether a recorded message may be forgotten; if not, it refuses the
// plan. If an exclusive block matches it, the next plan would find it untracked and delete
// it.
func (p *planner) mayForget(t *topic) bool {
	x := p.in.exclusiveAt(t.broker.Name, t.key.Topic)
	if x == nil {
		return true
	}
	p.refuseBecause(RefuseForget, t, fmt.Sprintf("%s at %s", x.Address, place(&x.FilterBlock)))
	return false
}

// forgetRemoved forgets what is recorded at a topic that a removed block matches. It does
// not need a read: whoever manages the topic now may not let retainctl read it.
func (p *planner) forgetRemoved(t *topic) {
	switch {
	case p.in.Mode == RefreshOnly: // this plan only accepts what is live
	case t.pending != nil && !p.refreshed:
		p.refuse(RefusePending, t)
	case t.rec == nil: // only an interrupted apply knew of it
		p.stateOnly(t, nil)
	default:
		change := p.change(t, Forget, interrupted(t, Removed))
		change.Before = shown(t.rec.Message, change.Redaction)
		change.BeforeDigest = sealedDigest(change.prior.Sealed, change.Ignored)
		p.plan.Changes = append(p.plan.Changes, change)
		p.forgotten++
	}
}

// deleteUntracked plans to delete an untracked message if an exclusive block matches it.
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

// delete plans the publish that deletes a message. It has QoS 1 unless the message is
// recorded with QoS 0.
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

// forget plans to drop a record and leave the broker as it is.
func (p *planner) forget(t *topic, why []Reason) {
	change := p.change(t, Forget, why)
	p.showBefore(t, &change, p.seen(t))
	p.plan.Changes = append(p.plan.Changes, change)
}
