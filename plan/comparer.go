package plan

import (
	"math"

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
