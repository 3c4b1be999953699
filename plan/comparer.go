package plan

import (
	"math"
	"slices"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// Comparer compares fresh reads of a broker with what is recorded and planned. It
// needs to know what a read shows, and the state's digest key.
type Comparer struct {
	mqtt.Capabilities
	Key []byte
}

// restore returns a live message with what a read does not show taken from base:
// the fields that cannot be read back, and an expiry that was counted down.
func (c Comparer) restore(live, base mqtt.Message) mqtt.Message {
	m := live.With(base, mqtt.AllFields&^c.Readable)
	if c.ShowsExpiry() && live.Expiry > 0 && live.Expiry <= base.Expiry {
		m.Expiry = base.Expiry
	}
	return m
}

// shows reports whether a live message is the recorded one in all that can be read.
func (c Comparer) shows(r *state.Record, live mqtt.Message) bool {
	diff, _ := r.Sealed.Diff(canonical(c.restore(live, r.Message), r.OrderedProperties), c.Key)
	return diff&c.Readable == 0
}

// digest is that of a live message over all fields. A live message that shows
// what was recorded has the record's digest, so that a plan without a refresh
// and one that found no drift agree.
func (c Comparer) digest(live mqtt.Message, r *state.Record, ordered bool, hide mqtt.Redaction) string {
	var base mqtt.Message
	if r != nil {
		if c.shows(r, live) {
			return r.Digest
		}
		base = r.Message
	}
	m := c.restore(live, base)
	if c.ShowsExpiry() && m.Expiry > base.Expiry {
		m.Expiry = math.MaxUint32 // a countdown has no lasting value: only that there is one
	}
	return state.Seal(canonical(m, ordered), hide, c.Key).Digest
}

// MatchesBefore tells whether a fresh read (live is false where it heard
// nothing) still shows what the change was planned on. What the broker cannot
// read back is not looked at, and a countdown may have gone on. A change that was
// planned without a refresh is held against the record.
//
// To find a recorded message back where the plan found none is no conflict: it
// is our own. A delete whose message is gone does not match, but MatchesAfter. What
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

// Lapsed tells whether the message that the change replaces must have expired since: that
// it is gone is nobody's doing.
func (c *Change) Lapsed(now time.Time) bool { return !c.Ends.IsZero() && !now.Before(c.Ends) }

// MatchesAfter tells whether a fresh read shows what the change publishes. Every
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

// ordered tells whether the order of the user properties counted before.
func (c *Change) ordered() bool {
	if c.prior != nil {
		return c.prior.OrderedProperties
	}
	return c.record != nil && c.record.OrderedProperties
}

// Pending gives what state must hold before the change is published.
func (c *Change) Pending() state.Pending {
	return state.Pending{After: c.Record(), Before: c.BeforeDigest}
}

// Rekey seals the records of sensitive messages with the key of a state that did
// not exist when the plan was made: the first apply calls it, once it has made
// one and before it takes any Record.
func (p *Plan) Rekey(key []byte) {
	for _, list := range [][]Change{p.Changes, p.Bookkeeping} {
		for i := range list {
			c := &list[i]
			if c.unkeyed && c.record != nil && c.complete() {
				keyed := *c.record // another plan may point to it
				keyed.Sealed = state.Seal(canonical(c.message, keyed.OrderedProperties), keyed.Redaction, key)
				c.record = &keyed
			}
		}
	}
}
