package plan

import (
	"maps"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// accept plans to replace the record with what is live, or to drop it if the message is
// gone. The next plan then compares the configuration with that. Fields that the broker
// cannot read back stay as they were recorded.
func (p *planner) accept(t *topic) {
	if t.rec == nil {
		return // not recorded: a normal plan adopts it
	}
	why := []Reason{Drift}
	if p.mayBeAbsent(t) {
		p.plan.NoOps++ // without its record, it would be created again
		return
	}
	if !t.there {
		if expired(t.rec, p.now) {
			why = []Reason{Expired}
		}
		p.drift(t, why, nil, mqtt.Message{}, 0, nil)
		return
	}
	if t.unsure {
		p.plan.NoOps++ // it stays pending
		return
	}
	seen := p.seen(t)
	r, raw := p.acceptable(t, seen)
	how := terms{ordered: t.rec.OrderedProperties, ignored: t.ignored()}
	known, _ := how.ignored.Carry(seen, t.rec.Message)
	diff, leaves := fromRecord(cover(t.rec, t.redaction(), how.ignored, p.key), known, how, p.key)
	switch diff &= t.broker.Readable; {
	case diff != 0:
		p.drift(t, why, r, seen, diff, leaves)
	case raw != 0 || !sameRecord(r, t.rec): // only the spelling, the time or an ignored part differs
		p.plan.NoOps++
		p.stateOnly(t, r)
	default:
		p.plan.NoOps++
	}
}

// drift lists what changed outside of retainctl; a nil record is a message that is
// gone.
func (p *planner) drift(t *topic, why []Reason, r *state.Record, seen mqtt.Message, diff mqtt.Fields, leaves []string) {
	c := p.change(t, NoOp, interrupted(t, why...))
	c.Before, c.BeforeDigest = shown(t.rec.Message, c.Redaction), sealedDigest(c.prior.Sealed, c.Ignored)
	if c.record = r; r != nil {
		c.After, c.AfterDigest = p.shownLive(t, seen), sealedDigest(r.Sealed, c.Ignored)
		c.Differs, c.SecretLeaves = diff, leaves
	}
	p.plan.Drift = append(p.plan.Drift, c)
}

// refuseUnseen refuses to forget everything that is recorded on a broker if the broker
// showed none of it: a user without the right to read sees nothing either.
func (p *planner) refuseUnseen() {
	for _, name := range slices.Sorted(maps.Keys(p.missing)) {
		if !p.unseen(name) {
			continue
		}
		for i := range p.plan.Drift {
			if c := &p.plan.Drift[i]; c.Broker == name {
				p.addRefusal(RefuseUnseen, false, Refused{Key: c.Key, Address: c.Address, Recorded: c.Before})
			}
		}
	}
}
