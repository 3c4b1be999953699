package plan

import (
	"slices"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// MatchesBefore reports whether a fresh read (live is false if it showed
// nothing) still shows what the change was planned on. What the broker cannot
// read back does not count, and a countdown may have gone on. A change that was
// planned without a refresh is held against the record.
//
// A recorded message that is back after the plan found none is not a conflict: it is
// our own. A delete whose message is gone does not match, but MatchesAfter. What
// a removed block forgets was planned without a look: it matches in any case.
func (c *Change) MatchesBefore(r mqtt.Retained, live bool, see Comparer) bool {
	if c.unkeyed {
		see.Key = nil
	}
	switch {
	case slices.Contains(c.Reasons, Removed):
		return true
	case !live:
		return c.Before == nil
	case c.Before == nil:
		return c.prior != nil && see.shows(c.prior, r.Message)
	}
	return see.digest(r.Message, c.prior, c.ordered(), c.Redaction) == c.BeforeDigest
}

// MatchesAfter reports whether a fresh read shows what the change publishes. Every
// byte counts: this is what was just written.
func (c *Change) MatchesAfter(r mqtt.Retained, live bool, see Comparer) bool {
	switch {
	case c.Action == Delete:
		return !live
	case !live || c.record == nil:
		return false
	case !c.complete():
		return see.shows(c.record, r.Message)
	}
	seen := see.restore(r.Message, c.message)
	return differs(c.message, seen, c.record.OrderedProperties, true)&see.Readable == 0
}

// ordered reports whether the order of the user properties counted before.
func (c *Change) ordered() bool {
	if c.prior != nil {
		return c.prior.OrderedProperties
	}
	return c.record != nil && c.record.OrderedProperties
}

// Show returns what may be shown of a live message at the change's topic that is not
// the one that was planned on.
func (c *Change) Show(live mqtt.Message, see Comparer) *mqtt.Message {
	var declared *mqtt.Message
	if c.complete() && !c.message.IsDeletion() {
		declared = &c.message
	}
	return shown(live, foreign(live, c.Redaction, declared, c.prior, see.Key))
}

// loses reports whether a change takes a message away that nothing else holds. One that
// is published again, as -republish and renew_before have it, is not lost.
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

// Replaced returns the message that the change will take away, as a backup keeps it: as
// it will be at that time, with what is recorded of it. It returns nil if nothing is
// lost, and if the message is not to be kept because it is sensitive. What a broker
// does not read back of a message that nobody recorded is left out, and its QoS is
// taken to be 1.
func (c *Change) Replaced(see Comparer, now time.Time) (r *state.Record, sensitive bool) {
	if !c.loses() || c.Before == nil {
		return nil, false
	}
	if !c.Redaction.None() {
		return nil, true
	}
	m := *c.Before
	m.Topic = c.Key.Topic
	if c.prior == nil {
		m = m.With(mqtt.Message{QoS: 1}, mqtt.AllFields&^see.Readable)
		r = &state.Record{OnDestroy: "delete"}
	} else {
		kept := *c.prior
		r = &kept
	}
	if m.Expiry > 0 && !c.Ends.IsZero() { // 0 would be for ever
		m.Expiry = uint32(min(max(c.Ends.Sub(now)/time.Second, 1), time.Duration(m.Expiry)))
	}
	r.Sealed = state.Seal(m, mqtt.Redaction{}, nil)
	return r, false
}
