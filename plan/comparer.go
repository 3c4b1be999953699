package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"

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

// shows reports whether a live message equals the recorded one in every readable field, apart
// from what is ignored.
func (c Comparer) shows(r *state.Record, live mqtt.Message, ignored mqtt.Ignored) bool {
	m := c.restore(live, r.Message)
	if len(ignored.Leaves) == 0 || coversIgnored(r, ignored) {
		diff, _ := r.Sealed.Diff(canonical(m, r.OrderedProperties), c.Key)
		return diff&c.Readable&^ignored.Fields == 0
	}
	m, _ = ignored.Carry(m, r.Message)
	diff, _ := fromRecord(r, m, terms{ordered: r.OrderedProperties, ignored: ignored}, c.Key)
	return diff&c.Readable == 0
}

// coversIgnored reports whether a record has only a digest of the payload, which covers what
// is ignored now.
func coversIgnored(r *state.Record, ignored mqtt.Ignored) bool {
	return r.Redaction.Fields.Has(mqtt.FieldPayload) && len(ignored.Leaves) > 0 && !r.Ignored.Equal(ignored)
}

// digest returns the digest of a live message over what is not ignored. A live message that
// equals the recorded one has the record's digest, so that a plan without a refresh and one
// that found no drift have the same token.
func (c Comparer) digest(
	live mqtt.Message, r *state.Record, ordered bool, hide mqtt.Redaction, ignored mqtt.Ignored,
) string {
	var base mqtt.Message
	if r != nil {
		if !coversIgnored(r, ignored) && c.shows(r, live, ignored) {
			return sealedDigest(r.Sealed, ignored)
		}
		base = r.Message
	}
	m := c.restore(live, base)
	if c.ShowsExpiry() && m.Expiry > base.Expiry {
		m.Expiry = math.MaxUint32 // a countdown changes with every read, so only its presence counts
	}
	return digest(canonical(m, ordered), hide, ignored, c.Key)
}

// digest returns the digest of a whole message over what is not ignored.
func digest(m mqtt.Message, hide mqtt.Redaction, ignored mqtt.Ignored, key []byte) string {
	return sealedDigest(state.SealIgnoring(m, hide, ignored, key), ignored)
}

// sealedDigest returns the digest of a sealed message over what is not ignored. If anything
// is ignored, it is made of what the seal shows and of the keyed digests of what it hides.
func sealedDigest(s state.Sealed, ignored mqtt.Ignored) string {
	if ignored.None() {
		return s.Digest
	}
	h := sha256.New()
	fmt.Fprintln(h, ignored.Strip(s.Message).Digest(nil))
	for _, name := range slices.Sorted(maps.Keys(s.Secrets)) {
		field := mqtt.FieldNamed(name)
		switch {
		case field == mqtt.FieldPayload && !s.Message.Redacted().Has(field):
			continue // the hidden leaves and what the seal shows are all of it
		case field == 0 && ignored.Covers(name):
			continue
		}
		fmt.Fprintf(h, "%q %s\n", name, s.Secrets[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}
