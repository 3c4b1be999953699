package plan

import (
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// entry is what is known of one topic before its broker is read.
type entry struct {
	key     state.Key
	broker  *Broker
	decl    *spec.Message
	rec     *state.Record
	pending *state.Pending
	backup  *state.Record // what is to be restored

	exclusive *spec.Exclusive // if nothing is declared or recorded: the block that takes it in
	untracked bool            // nothing knew of it before it was observed

	republish   bool // asked for by -republish
	contradicts bool // the configuration does not declare what is to be restored
}

// topic is one topic of a plan, and what is live there. What is known of it is the
// topic's own copy: once determined, its record includes what an interrupted apply did.
type topic struct {
	entry
	observed    *Observation // of its broker
	live        mqtt.Retained
	there       bool // live, or without a refresh believed to be
	pendingOnly bool // only an interrupted apply knew of it
	unsure      bool // an interrupted apply may have changed what the broker does not show
}

// addresses are those that a topic is declared and recorded under.
func (e *entry) addresses() []string {
	found := make([]string, 0, 3)
	if e.decl != nil {
		found = append(found, e.decl.Address)
	}
	if e.rec != nil {
		found = append(found, e.rec.Address)
	}
	if e.pending != nil && e.pending.After != nil {
		found = append(found, e.pending.After.Address)
	}
	if e.exclusive != nil {
		found = append(found, e.exclusive.UntrackedAddress(e.key.Topic))
	}
	if len(found) == 0 {
		found = append(found, "")
	}
	return found
}

// mustRead reports whether a plan needs to know what is live at the topic.
func (in *Input) mustRead(e *entry) bool {
	ours := e.rec != nil || e.pending != nil
	return (ours || !in.recordedOnly()) && !in.removed(e)
}

// onDestroy is the declared choice if there is still a declaration, and the recorded
// one if it is gone.
func (t *topic) onDestroy() string {
	if t.decl != nil {
		return t.decl.OnDestroy
	}
	return t.rec.OnDestroy
}

// preventDestroy is the same: what was switched off in the configuration does not
// need an apply of its own first.
func (t *topic) preventDestroy() bool {
	if t.decl != nil {
		return t.decl.PreventDestroy
	}
	return t.rec.PreventDestroy
}

// ordered reports whether the order of user properties counted in what is there.
func (t *topic) ordered() bool {
	switch {
	case t.rec != nil:
		return t.rec.OrderedProperties
	case t.decl != nil:
		return t.decl.OrderedProperties
	}
	return false
}

// hides is the redaction that a record is sealed with: the declared one. What is
// sent along as others left it stays as secret as it was.
func (t *topic) hides() mqtt.Redaction {
	d := t.decl
	if t.rec != nil && (d.IgnoreFields != 0 || len(d.IgnoreLeaves) > 0) {
		return d.Redaction.Union(t.rec.Redaction)
	}
	return d.Redaction
}

// redaction is what nothing of a topic may be shown without: the recorded
// redaction and the declared one.
func (t *topic) redaction() mqtt.Redaction {
	var hide mqtt.Redaction
	if t.decl != nil {
		hide = t.decl.Redaction
	}
	if t.rec != nil && !t.rec.Redaction.None() {
		hide = hide.Union(t.rec.Redaction)
	}
	if t.pending != nil && t.pending.After != nil {
		hide = hide.Union(t.pending.After.Redaction)
	}
	return hide
}

// interrupted adds the reason that says that an apply was cut off here. A topic
// that only the interrupted apply knew of has no other.
func interrupted(t *topic, reasons ...Reason) []Reason {
	switch {
	case t.pending == nil:
		return reasons
	case t.pendingOnly:
		return []Reason{Interrupted}
	}
	return append(reasons, Interrupted)
}
