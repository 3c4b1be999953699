package plan

import (
	"errors"
	"fmt"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// ErrStale is wrapped by every error that Plan.Stale returns.
var ErrStale = errors.New("the plan is stale")

// Stale returns an error that wraps ErrStale if the state has changed since the plan was
// made, and nil if it has not. prior is the current state, nil if there is none. Whether a
// broker has changed is a question for each topic: see Change.MatchesBefore.
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

// Rekey seals the records of sensitive messages with the digest key of a new state, for a
// plan that was made before there was a state. The first apply calls it after it has made
// the state and before it calls Change.Record.
func (p *Plan) Rekey(key []byte) {
	for _, list := range [][]Change{p.Changes, p.StateOnly} {
		for i := range list {
			c := &list[i]
			if c.unkeyed && c.record != nil && c.complete() {
				keyed := *c.record // a copy, because other plans may share the record
				m := canonical(c.message, keyed.OrderedProperties)
				keyed.Sealed = state.SealIgnoring(m, keyed.Redaction, keyed.Ignored, key)
				c.record = &keyed
			}
		}
	}
}

// ResolveError reports a sensitive message of a saved plan that the configuration no longer
// declares with the planned value.
type ResolveError struct {
	Address, Topic string
	Gone           bool // the message is no longer declared
}

func (e *ResolveError) Error() string {
	if e.Gone {
		return fmt.Sprintf("resolve %s (%s): it is no longer declared", e.Address, e.Topic)
	}
	const other = "resolve %s (%s): its sensitive value in the configuration is not the one that was planned"
	return fmt.Sprintf(other, e.Address, e.Topic)
}

// Resolve fills in the sensitive messages of a loaded plan. desired are the messages of the
// configuration, evaluated again, and key is the state's digest key, nil if there is none
// yet. Only sensitive parts are taken from desired: the rest stays as it was reviewed. The
// error joins a *ResolveError for each message that is no longer declared or whose digest
// is not the planned one.
func (p *Plan) Resolve(desired []spec.Message, key []byte) error {
	declared, readable := p.declared(desired), map[string]mqtt.Fields{}
	for _, b := range p.Brokers {
		readable[b.Name] = b.Readable
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
		m, _ := c.Ignored.Carry(d.Message, *c.After)
		if c.sendsHidden(readable[c.Broker]) || !c.take(m, key) {
			found = append(found, &ResolveError{Address: c.Address, Topic: c.Key.Topic})
		}
	}
	return errors.Join(found...)
}

// sendsHidden reports whether ignore_changes makes the change publish a secret that is live
// and not declared, and that Carry cannot read again. Without a key no digest shows whether a
// declared value equals it.
func (c *Change) sendsHidden(readable mqtt.Fields) bool {
	ignored := c.Ignored.Fields
	if len(c.Ignored.Leaves) > 0 {
		ignored |= mqtt.FieldPayload
	}
	hidden := ignored & c.Redaction.Covers()
	return c.Before != nil && hidden != 0 && (c.unkeyed || hidden&^readable != 0)
}

// take makes m the change's message if its digest is the planned one.
func (c *Change) take(m mqtt.Message, key []byte) bool {
	if c.unkeyed {
		key = nil
	}
	m = m.With(*c.After, mqtt.AllFields&^c.Redaction.Covers())
	if digest(canonical(m, c.record.OrderedProperties), c.record.Redaction, c.Ignored, key) != c.AfterDigest {
		return false
	}
	c.message = m
	return true
}
