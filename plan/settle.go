package plan

// determine sets what is live at a topic, before anything is planned there. It returns
// false if that cannot be known, and refuses the plan.
func (p *planner) determine(t *topic) bool {
	if !p.refreshed {
		t.there = t.rec != nil && !(t.decl != nil && expired(t.rec, p.now))
		if t.pending != nil {
			p.refuse(RefusePending, t)
		}
		return t.pending == nil
	}
	if p.in.recordedOnly() && t.rec == nil && t.pending == nil {
		return true // declared and not recorded: nothing is planned
	}
	if cause, unread := t.observed.Unread[t.key.Topic]; unread {
		p.refuseUnread(t, cause)
		return false
	}
	t.live, t.there = t.observed.Live[t.key.Topic]
	return t.pending == nil || p.settlePending(t)
}

// settlePending finds out, from the live message, what an interrupted apply did at a topic.
// It corrects the record as a state-only change, so that the record is right even if the
// change that follows fails. It returns false if the live message is in conflict, and
// refuses the plan.
//
// It checks first whether nothing was written: if an update changed only fields that the
// broker cannot read back, before and after look the same. The declared message is then
// published once more in either case.
func (p *planner) settlePending(t *topic) bool {
	after := t.pending.After
	t.pendingOnly = t.rec == nil && t.decl == nil
	switch {
	case !t.there && after == nil:
		t.rec = nil // deleted
	case !t.there: // never written, or gone since: it is planned like any message that is gone
	case after == nil && t.rec == nil && t.decl == nil: // it was to delete an untracked message, and one is live
	case p.untouched(t):
		t.unsure = after != nil && t.rec != nil && p.comparer(t).shows(after, t.live.Message, after.Ignored) &&
			sealedDigest(after.Sealed, after.Ignored) != sealedDigest(t.rec.Sealed, after.Ignored)
	case after != nil && p.comparer(t).shows(after, t.live.Message, after.Ignored):
		t.rec = after
	case t.overwrite:
	case p.in.Mode == RefreshOnly: // accepts what is live
	default:
		p.refuse(RefuseConflict, t)
		return false
	}
	if t.unsure && p.in.Mode == RefreshOnly {
		return true // only another publish can settle it
	}
	if t.decl != nil { // a saved plan holds this record, so it must be redacted
		t.rec = cover(t.rec, t.decl.Redaction, t.decl.Ignored(), p.key)
	}
	p.stateOnly(t, t.rec)
	return true
}
