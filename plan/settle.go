package plan

// determine finds out what is at a topic before anything is planned there. It returns
// false if that cannot be known; the plan then refuses.
func (p *planner) determine(t *topic) bool {
	if !p.refreshed {
		t.there = t.rec != nil && !(t.decl != nil && expired(t.rec, p.now))
		if t.pending != nil {
			p.refuse(RefusePending, t)
		}
		return t.pending == nil
	}
	if p.in.recordedOnly() && t.rec == nil && t.pending == nil {
		return true // declared only: none of ours, nothing is planned
	}
	if cause, unread := t.observed.Unread[t.key.Topic]; unread {
		p.refuseUnread(t, cause)
		return false
	}
	t.live, t.there = t.observed.Live[t.key.Topic]
	return t.pending == nil || p.settlePending(t)
}

// settlePending finds out from the live message how far an interrupted apply came.
// The record is put right in the state alone, so that it is right even if the change
// that follows from it fails.
//
// That nothing was written is checked first: if an update changed only what the broker
// cannot read back, before and after look alike. What is declared is then published
// once more, whichever of the two it is.
func (p *planner) settlePending(t *topic) bool {
	after := t.pending.After
	t.pendingOnly = t.rec == nil && t.decl == nil
	switch {
	case !t.there && after == nil:
		t.rec = nil // deleted
	case !t.there: // never written, or gone since: as any other message that is gone
	case after == nil && t.rec == nil && t.decl == nil: // it was to delete an untracked message: what is there now is one
	case p.untouched(t):
		t.unsure = after != nil && t.rec != nil && after.Digest != t.rec.Digest && p.comparer(t).shows(after, t.live.Message)
	case after != nil && p.comparer(t).shows(after, t.live.Message):
		t.rec = after
	case p.in.OverwriteUnmanaged:
	case p.in.Mode == RefreshOnly: // accepts whatever is live
	default:
		p.refuse(RefuseConflict, t)
		return false
	}
	if t.unsure && p.in.Mode == RefreshOnly {
		return true // only to publish it again settles that
	}
	if t.decl != nil { // the plan is saved with this record in it
		t.rec = cover(t.rec, t.decl.Redaction, p.key)
	}
	p.stateOnly(t, t.rec)
	return true
}
