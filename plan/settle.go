package plan

import (
	"maps"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// settled finds out what stands at a topic before anything is planned there. It
// is false where that cannot be told; the plan then refuses.
func (p *planner) settled(t *topic) bool {
	if !p.in.Refreshed {
		t.there = t.rec != nil && !(t.decl != nil && expired(t.rec, p.in.Now))
		if t.pending != nil {
			p.refuse(RefusePending, true, t)
		}
		return t.pending == nil
	}
	if p.in.recordedOnly() && t.rec == nil && t.pending == nil {
		return true // declared only: none of ours, nothing is planned
	}
	if cause, unread := t.broker.Observed.Unread[t.key.Topic]; unread {
		p.refuseUnread(t, cause)
		return false
	}
	t.live, t.there = t.broker.Observed.Live[t.key.Topic]
	return t.pending == nil || p.settlePending(t)
}

// settlePending tells from the live message how far an interrupted apply came.
// The record is put right by bookkeeping, so that it is so even where the change
// that follows from it fails.
//
// Not written is looked at first: where an update touched only what the broker
// cannot read back, before and after look alike, so what is declared is published once
// more, be it one of the two.
func (p *planner) settlePending(t *topic) bool {
	after := t.pending.After
	t.orphan = t.rec == nil && t.decl == nil
	switch {
	case !t.there && after == nil:
		t.rec = nil // deleted
	case !t.there: // never written, or gone since: as any other message that is gone
	case after == nil && t.rec == nil && t.decl == nil: // it was about to delete a stranger: what is there now is one
	case p.untouched(t):
		t.unsure = after != nil && t.rec != nil && after.Digest != t.rec.Digest && t.broker.comparer(p.key).shows(after, t.live.Message)
	case after != nil && t.broker.comparer(p.key).shows(after, t.live.Message):
		t.rec = after
	case p.in.OverwriteUnmanaged:
	case p.in.Mode == RefreshOnly: // accepts whatever is live
	default:
		p.refuse(RefuseConflict, true, t)
		return false
	}
	if t.unsure && p.in.Mode == RefreshOnly {
		return true // only to publish it again settles that
	}
	if t.decl != nil { // the plan is saved with this record in it
		t.rec = cover(t.rec, t.decl.Redaction, p.key)
	}
	p.bookkeep(t, t.rec)
	return true
}

// untouched tells whether the live message is what the interrupted apply was
// about to replace.
func (p *planner) untouched(t *topic) bool {
	see := t.broker.comparer(p.key)
	if t.rec != nil && see.shows(t.rec, t.live.Message) {
		return true
	}
	if t.pending.Before == "" {
		return false
	}
	var hide mqtt.Redaction
	if t.pending.After != nil {
		hide = t.pending.After.Redaction
	}
	if t.rec != nil {
		hide = hide.Union(t.rec.Redaction)
	}
	ordered := t.ordered()
	if t.rec == nil && t.pending.After != nil {
		ordered = t.pending.After.OrderedProperties
	}
	return see.digest(t.live.Message, cover(t.rec, hide, p.key), ordered, hide) == t.pending.Before
}

// ordered tells whether the order of user properties counted in what stands.
func (t *topic) ordered() bool {
	switch {
	case t.rec != nil:
		return t.rec.OrderedProperties
	case t.decl != nil:
		return t.decl.OrderedProperties
	}
	return false
}

// cover gives a record with more of it redacted, since it is held in plans: what
// was no secret when it was recorded may be declared one now.
func cover(r *state.Record, hide mqtt.Redaction, key []byte) *state.Record {
	if r == nil {
		return nil
	}
	hide = hide.Union(r.Redaction)
	if hide.Fields == r.Redaction.Fields && len(hide.Leaves) == len(r.Redaction.Leaves) {
		return r
	}
	covered := *r
	sealed := state.Seal(r.Message, hide, key)
	covered.Sealed = sealed
	if !r.Redaction.None() { // digests of placeholders say nothing: keep the recorded ones
		covered.Digest = r.Digest
		covered.Secrets = map[string]string{}
		maps.Copy(covered.Secrets, sealed.Secrets)
		maps.Copy(covered.Secrets, r.Secrets)
	}
	return &covered
}
