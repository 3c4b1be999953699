package plan

import (
	"time"

	"github.com/retainctl/retainctl/mqtt"
)

// judge evaluates one topic by its declaration, its record and the live message. Its
// methods have no side effects.
type judge struct {
	key       []byte // the state's digest key; nil before the first state
	refreshed bool
	now       time.Time
}

// comparer returns the Comparer of the topic's broker.
func (j *judge) comparer(t *topic) Comparer { return Comparer{t.broker.Capabilities, j.key} }

// readable returns the fields that were read from the broker: none without a refresh.
func (j *judge) readable(t *topic) mqtt.Fields {
	if !j.refreshed {
		return 0
	}
	return t.broker.Readable
}

// seen returns the live message at a topic, or the recorded one without a refresh. Fields
// that cannot be read back are taken from the record, or from the declaration if there is
// no record.
func (j *judge) seen(t *topic) mqtt.Message {
	switch {
	case !j.refreshed:
		return t.rec.Message
	case t.rec != nil:
		return j.comparer(t).restore(t.live.Message, t.rec.Message)
	case t.decl != nil:
		return j.comparer(t).restore(t.live.Message, t.decl.Message)
	}
	return t.live.Message
}

// timeLeft returns how much time remains until the message at a topic expires; known is
// false if nothing shows it.
func (j *judge) timeLeft(t *topic) (left time.Duration, known bool) {
	b := t.broker
	switch {
	case j.refreshed && b.ShowsExpiry():
		return time.Duration(t.live.Expiry) * time.Second, true
	case t.rec != nil:
		return remaining(t.rec.UpdatedAt, t.rec.Expiry, j.now), true
	case !t.live.Modified.IsZero():
		return remaining(t.live.Modified, t.decl.Expiry, j.now), true
	}
	return 0, false
}

// mayBeAbsent reports whether a recorded message is gone and must not be created again, by
// absent = "ignore". One that expired is: nobody deleted it. -republish and a backup create it.
func (j *judge) mayBeAbsent(t *topic) bool {
	return t.decl != nil && t.decl.IgnoreAbsent && t.rec != nil && j.refreshed && !t.there &&
		!expired(t.rec, j.now) && !t.republish && t.backup == nil
}

// mustRenew reports whether less than renew_before remains until a message expires,
// as timeLeft determines it.
func (j *judge) mustRenew(t *topic) bool {
	if t.decl.Expiry == 0 || t.decl.RenewBefore == 0 {
		return false
	}
	left, known := j.timeLeft(t)
	return known && left < t.decl.RenewBefore
}

// ends returns when the message at a topic expires: as the broker counts it, or by when it
// was published. It is zero if the message does not expire. It is also zero if the recorded
// end is over: somebody else published the message again at an unknown time.
func (j *judge) ends(t *topic, seen mqtt.Message) time.Time {
	var at time.Time
	switch {
	case seen.Expiry == 0:
	case j.refreshed && t.broker.ShowsExpiry():
		at = j.now.Add(seconds(t.live.Expiry))
	case t.rec != nil:
		at = t.rec.UpdatedAt.Add(seconds(t.rec.Expiry))
	}
	if at.Before(j.now) {
		return time.Time{}
	}
	return at
}
