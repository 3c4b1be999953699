package plan

import (
	"errors"
	"fmt"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// ErrStale is wrapped by what Stale returns.
var ErrStale = errors.New("the plan is stale")

// Stale reports whether the state moved since the plan was made. Whether the
// brokers did is told topic by topic, by Change.MatchesBefore.
func (p *Plan) Stale(prior *state.Snapshot) error {
	var now PriorVersion
	if prior != nil {
		now = PriorVersion{prior.Lineage, prior.Serial}
	}
	switch {
	case now == p.Prior:
		return nil
	case now.Lineage != p.Prior.Lineage:
		return fmt.Errorf("%w: it was made from another state (lineage %q, this one is %q)",
			ErrStale, p.Prior.Lineage, now.Lineage)
	}
	return fmt.Errorf("%w: it was made from serial %d of the state, which is at %d now",
		ErrStale, p.Prior.Serial, now.Serial)
}

// Rekey seals the records of sensitive messages with the key of a state that did
// not exist when the plan was made: the first apply calls it, once it has made
// one and before it takes any Record.
func (p *Plan) Rekey(key []byte) {
	for _, list := range [][]Change{p.Changes, p.StateOnly} {
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

// ResolveError is a sensitive message of a saved plan that the configuration
// does not repeat as it was planned.
type ResolveError struct {
	Address, Topic string
	Gone           bool // it is not declared any more
}

func (e *ResolveError) Error() string {
	if e.Gone {
		return fmt.Sprintf("resolve %s (%s): it is not declared any more", e.Address, e.Topic)
	}
	const other = "resolve %s (%s): the configuration gives another sensitive value than the one that was planned"
	return fmt.Sprintf(other, e.Address, e.Topic)
}

// Resolve fills in the sensitive messages of a loaded plan from the configuration,
// evaluated again; key is the state's digest key. Only what is sensitive is taken
// from there: the rest is as it was reviewed. It joins a ResolveError for each
// message whose digest is not the planned one.
func (p *Plan) Resolve(desired []spec.Message, key []byte) error {
	byName := map[string]state.Identity{}
	for _, b := range p.Brokers {
		byName[b.Name] = b.Identity
	}
	declared := map[state.Key]*spec.Message{}
	for i := range desired {
		declared[state.Key{Broker: byName[desired[i].Broker], Topic: desired[i].Topic}] = &desired[i]
	}
	var found []error
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.record == nil || c.complete() {
			continue
		}
		d := declared[c.Key]
		if d == nil {
			found = append(found, &ResolveError{Address: c.Address, Topic: c.Key.Topic, Gone: true})
			continue
		}
		m := overlay(d.Message, *c.After, d.IgnoreFields, d.IgnoreLeaves)
		if c.unkeyed && c.sendsHidden(d) || !c.take(m, key) {
			found = append(found, &ResolveError{Address: c.Address, Topic: c.Key.Topic})
		}
	}
	return errors.Join(found...)
}

// sendsHidden reports whether a secret that is live is sent along as others left it:
// no configuration repeats it, and without a key no digest shows whether one does.
func (c *Change) sendsHidden(d *spec.Message) bool {
	ignored := d.IgnoreFields
	if len(d.IgnoreLeaves) > 0 {
		ignored |= mqtt.FieldPayload
	}
	return c.Before != nil && ignored&c.Redaction.Covers() != 0
}

// take makes m the change's message if its digest is the planned one.
func (c *Change) take(m mqtt.Message, key []byte) bool {
	if c.unkeyed {
		key = nil
	}
	m = m.With(*c.After, mqtt.AllFields&^c.Redaction.Covers())
	if state.Seal(canonical(m, c.record.OrderedProperties), c.record.Redaction, key).Digest != c.AfterDigest {
		return false
	}
	c.message = m
	return true
}
