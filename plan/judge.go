package plan

import (
	"time"

	"github.com/retainctl/retainctl/mqtt"
)

// judge answers what a plan must know of one topic, from its declaration, its record
// and what is live there. It changes nothing.
type judge struct {
	key       []byte // the state's digest key; nil before the first state
	refreshed bool
	now       time.Time
}

// comparer compares reads of the topic's broker.
func (j *judge) comparer(t *topic) Comparer { return Comparer{t.broker.Capabilities, j.key} }

// readable are the fields that were read from the broker.
func (j *judge) readable(t *topic) mqtt.Fields {
	if !j.refreshed {
		return 0
	}
	return t.broker.Readable
}

// seen is what is live at a topic, or recorded without a refresh. Of a message that nobody recorded, what cannot
// be read back is taken to be as declared.
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

// timeLeft returns how much of the expiry of the message at a topic remains.
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

// mustRenew reports whether less than renew_before remains of a message's expiry:
// as the broker counts it, or by when it was published if a read does not show that.
func (j *judge) mustRenew(t *topic) bool {
	if t.decl.Expiry == 0 || t.decl.RenewBefore == 0 {
		return false
	}
	left, known := j.timeLeft(t)
	return known && left < t.decl.RenewBefore
}

// ends returns when the message that is at a topic expires: as the broker counts it,
// or by when it was published. One that outlived its recorded end was published again
// by somebody else, nobody knows when.
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
