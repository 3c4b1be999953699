package plan

import (
	"math"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// Comparer compares reads of one broker with what is recorded and planned.
type Comparer struct {
	mqtt.Capabilities        // of the broker: what a read shows
	Key               []byte // the state's digest key; nil if there is none yet
}

// restore returns a live message in which base fills in what a read does not show: the
// fields that cannot be read back, and an expiry that was counted down.
func (c Comparer) restore(live, base mqtt.Message) mqtt.Message {
	m := live.With(base, mqtt.AllFields&^c.Readable)
	if c.ShowsExpiry() && live.Expiry > 0 && live.Expiry <= base.Expiry {
		m.Expiry = base.Expiry
	}
	return m
}

// shows reports whether a live message equals the recorded one in every readable field.
func (c Comparer) shows(r *state.Record, live mqtt.Message) bool {
	diff, _ := r.Sealed.Diff(canonical(c.restore(live, r.Message), r.OrderedProperties), c.Key)
	return diff&c.Readable == 0
}

// digest returns the digest of a live message over all fields. A live message that equals
// the recorded one has the record's digest, so that a plan without a refresh and one that
// found no drift have the same token.
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
		m.Expiry = math.MaxUint32 // a countdown changes with every read, so only its presence counts
	}
	return state.Seal(canonical(m, ordered), hide, c.Key).Digest
}
