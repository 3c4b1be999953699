package plan

import (
	"slices"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// MatchesBefore reports whether a new read still shows what the change was planned on. live
// is false if the read showed no message. Fields that the broker cannot read back do not
// count, and a countdown may have continued. A change that was planned without a refresh is
// compared with the record.
//
// A recorded message that is live again after the plan found none also matches, because
// retainctl published it. A delete whose message is gone does not match; MatchesAfter
// reports true for it. What is ignored does not count. What a removed block forgets always matches, because it was planned
// without a read.
func (c *Change) MatchesBefore(r mqtt.Retained, live bool, comparer Comparer) bool {
	if c.unkeyed {
		comparer.Key = nil
	}
	switch {
	case slices.Contains(c.Reasons, Removed):
		return true
	case !live:
		return c.Before == nil
	case c.Before == nil:
		return c.prior != nil && comparer.shows(c.prior, r.Message, c.Ignored)
	}
	return comparer.digest(r.Message, c.prior, c.ordered(), c.Redaction, c.Ignored) == c.BeforeDigest
}

// MatchesAfter reports whether a read shows what the change publishes. live is false if the
// read showed no message. Every byte of the payload counts, unless paths in it are ignored.
func (c *Change) MatchesAfter(r mqtt.Retained, live bool, comparer Comparer) bool {
	switch {
	case c.Action == Delete:
		return !live
	case !live || c.record == nil:
		return false
	case !c.complete():
		return comparer.shows(c.record, r.Message, c.Ignored)
	}
	seen := comparer.restore(r.Message, c.message)
	sent, _ := c.Ignored.Carry(c.message, seen)
	exact := len(c.Ignored.Leaves) == 0 // whoever writes the ignored parts writes the rest again
	return differs(sent, seen, c.record.OrderedProperties, exact)&comparer.Readable&^c.Ignored.Fields == 0
}

// Carry makes the change publish what it ignores as a new read shows it: what was planned may
// be older. The digests stay as they are, because they do not cover it.
func (c *Change) Carry(r mqtt.Retained, comparer Comparer) {
	if !c.Carries() || !c.complete() {
		return
	}
	m, _ := c.Ignored.Carry(c.message, comparer.restore(r.Message, c.message))
	record, hide := *c.record, c.record.Redaction
	if !hide.None() { // somebody may have written a secret there
		hide = hide.Union(hide.Spread(m, c.message))
	}
	record.Sealed = state.SealIgnoring(canonical(m, record.OrderedProperties), hide, c.Ignored, comparer.Key)
	c.message, c.record = m, &record
}

// Carries reports whether the change publishes a part of the live message as it is.
func (c *Change) Carries() bool {
	return !c.Ignored.None() && c.record != nil && (c.Action == Create || c.Action == Update)
}

// ordered reports whether the order of the user properties counts in BeforeDigest.
func (c *Change) ordered() bool {
	if c.prior != nil {
		return c.prior.OrderedProperties
	}
	return c.record != nil && c.record.OrderedProperties
}

// Show returns what may be shown of a live message at the change's topic, redacted, if it
// is not the one that was planned on.
func (c *Change) Show(live mqtt.Message, comparer Comparer) *mqtt.Message {
	var declared *mqtt.Message
	if c.complete() && !c.message.IsDeletion() {
		declared = &c.message
	}
	return shown(live, redactForeign(live, c.Redaction, declared, c.prior, comparer.Key))
}

// loses reports whether a change removes a message of which there is no other copy. A
// message that -republish or renew_before publishes again is not lost.
func (c *Change) loses() bool {
	again := func(r Reason) bool { return r == Expiring || r == Republish }
	switch c.Action {
	case Delete:
		return true
	case Update:
		return c.Differs&^mqtt.FieldExpiry != 0 || !slices.ContainsFunc(c.Reasons, again)
	}
	return false
}

// Replaced returns the message that the change replaces or deletes, as a backup keeps it:
// as it will be live at now, with what is recorded of it. r is nil if nothing is lost, or
// if the message is sensitive and so must not be stored. Fields that the broker cannot read
// back are left out of a message that is not recorded, and its QoS is assumed to be 1.
func (c *Change) Replaced(comparer Comparer, now time.Time) (r *state.Record, sensitive bool) {
	if !c.loses() || c.Before == nil {
		return nil, false
	}
	if !c.Redaction.None() {
		return nil, true
	}
	m := *c.Before
	m.Topic = c.Key.Topic
	if c.prior == nil {
		m = m.With(mqtt.Message{QoS: 1}, mqtt.AllFields&^comparer.Readable)
		r = &state.Record{OnDestroy: "delete"}
	} else {
		kept := *c.prior
		r = &kept
	}
	if m.Expiry > 0 && !c.Ends.IsZero() { // 0 would be no expiry
		m.Expiry = uint32(min(max(c.Ends.Sub(now)/time.Second, 1), time.Duration(m.Expiry)))
	}
	r.Sealed = state.Seal(m, mqtt.Redaction{}, nil)
	return r, false
}
