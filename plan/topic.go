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

	exclusive *spec.Exclusive // the block that matches it, if it is neither declared nor recorded
	untracked bool            // known only from a scan

	republish   bool // selected by -republish
	overwrite   bool // selected by -overwrite-unmanaged
	contradicts bool // the restored message is not the declared one
}

// topic is one topic of a plan with what is live there. Its entry is a copy: settling a
// pending entry changes rec to what the interrupted apply did.
type topic struct {
	entry
	observed    *Observation // of its broker
	live        mqtt.Retained
	there       bool // live, or without a refresh assumed to be
	pendingOnly bool // only an interrupted apply knew of it
	unsure      bool // an interrupted apply may have changed fields that cannot be read back
}

// addresses returns the addresses of a topic: declared, recorded, pending and as an
// untracked message. If it has none, it returns one empty address.
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

// mustRead reports whether a plan needs an exact read of a topic.
func (in *Input) mustRead(e *entry) bool {
	recorded := e.rec != nil || e.pending != nil
	return (recorded || !in.recordedOnly()) && !in.removed(e)
}

// onDestroy returns the declared on_destroy, or the recorded one if there is no declaration.
func (t *topic) onDestroy() string {
	if t.decl != nil {
		return t.decl.OnDestroy
	}
	return t.rec.OnDestroy
}

// preventDestroy returns the declared prevent_destroy, or the recorded one if there is no
// declaration. So switching it off does not need an apply first.
func (t *topic) preventDestroy() bool {
	if t.decl != nil {
		return t.decl.PreventDestroy
	}
	return t.rec.PreventDestroy
}

// ordered reports whether the order of user properties counts in the message before.
func (t *topic) ordered() bool {
	switch {
	case t.rec != nil:
		return t.rec.OrderedProperties
	case t.decl != nil:
		return t.decl.OrderedProperties
	}
	return false
}

// ignored returns what the declaration leaves to somebody else, or did before it was removed.
func (t *topic) ignored() mqtt.Ignored {
	switch {
	case t.decl != nil:
		return t.decl.Ignored()
	case t.rec != nil:
		return t.rec.Ignored
	}
	return mqtt.Ignored{}
}

// hides returns the redaction that a record is sealed with: the declared one, and the
// recorded one if ignore_changes keeps parts of the live message.
func (t *topic) hides() mqtt.Redaction {
	d := t.decl
	if t.rec != nil && !d.Ignored().None() {
		return d.Redaction.Union(t.rec.Redaction)
	}
	return d.Redaction
}

// redaction returns the redaction for everything that is shown of a topic: the union of the
// declared, the recorded and the pending one.
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

// interrupted adds the reason Interrupted if a topic has a pending entry. It is the only
// reason at a topic that is neither declared nor recorded.
func interrupted(t *topic, reasons ...Reason) []Reason {
	switch {
	case t.pending == nil:
		return reasons
	case t.pendingOnly:
		return []Reason{Interrupted}
	}
	return append(reasons, Interrupted)
}
