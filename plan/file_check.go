package plan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// check returns an error if a loaded plan holds what planning never makes. A checksum shows a
// fault, but anybody can compute one, so it does not show that planning wrote the file.
func (p *Plan) check() error {
	ids := map[string]state.Identity{}
	for _, b := range p.Brokers {
		if _, twice := ids[b.Name]; twice || b.Identity == "" {
			return fmt.Errorf("%w: it names the broker %q twice, or does not identify it", ErrDamaged, b.Name)
		}
		ids[b.Name] = b.Identity
	}
	if err := p.checkMode(); err != nil {
		return err
	}
	for _, list := range [][]Change{p.Changes, p.StateOnly, p.Drift} {
		for i := range list {
			c := &list[i]
			if err := c.check(ids); err != nil {
				return fmt.Errorf("%w: %s (%q): %w", ErrDamaged, c.Address, c.Key.Topic, err)
			}
		}
	}
	return nil
}

// checkMode checks what must hold for all changes together.
func (p *Plan) checkMode() error {
	quiet := func(c Change) bool { return c.Action == NoOp }
	switch loud := func(c Change) bool { return !quiet(c) }; {
	case p.Mode < Normal || p.Mode > RefreshOnly: // a restore is never saved
		return fmt.Errorf("%w: its mode %d is unknown", ErrDamaged, p.Mode)
	case slices.ContainsFunc(p.StateOnly, loud) || slices.ContainsFunc(p.Drift, loud):
		return fmt.Errorf("%w: a change is listed among those that publish nothing", ErrDamaged)
	case slices.ContainsFunc(p.Changes, quiet) || p.Mode == RefreshOnly && len(p.Changes) > 0:
		return fmt.Errorf("%w: a change does not fit its mode", ErrDamaged)
	case p.Deletes.Deletes != p.Counts().Delete:
		return fmt.Errorf("%w: it deletes %d messages, but says %d", ErrDamaged, p.Counts().Delete, p.Deletes.Deletes)
	}
	for i := 1; i < len(p.Changes); i++ {
		if byPlace(p.Changes[i-1], p.Changes[i]) >= 0 {
			return fmt.Errorf("%w: %q occurs twice or is out of order", ErrDamaged, p.Changes[i].Key.Topic)
		}
	}
	return nil
}

// check returns an error if planning never makes such a change. ids are the plan's brokers.
func (c *Change) check(ids map[string]state.Identity) error {
	if id, known := ids[c.Broker]; !known || id != c.Key.Broker {
		return fmt.Errorf("%q is not the broker %q of the plan", c.Key.Broker, c.Broker)
	}
	if err := mqtt.CheckTopic(c.Key.Topic); err != nil {
		return err
	}
	for _, r := range []*state.Record{c.record, c.prior} {
		if r == nil {
			continue
		}
		if err := c.checkMessage(r.Message); err != nil { // it may be somebody else's, so limits do not count
			return err
		}
	}
	if !c.sound() {
		return errors.New("it is incomplete")
	}
	return c.checkPublish()
}

// checkPublish checks what a change publishes, and that it shows and records the same.
func (c *Change) checkPublish() error {
	exclusive, removed := c.Untracked(), slices.Contains(c.Reasons, Removed)
	switch {
	case (c.Action == Delete || c.Action == Forget) && c.record != nil:
		return errors.New("it removes a message and records one")
	case exclusive && (c.Action != Delete || c.prior != nil), removed && c.Action != Forget:
		return errors.New("its action does not fit its reason")
	case c.Action == Delete:
		return c.checkDelete()
	case c.After == nil: // nothing is published
		return nil
	case c.After.IsDeletion():
		return errEmpty
	case c.record == nil || !c.complete():
		return nil
	}
	if err := c.checkMessage(c.message); err != nil {
		return err
	}
	if over := mqtt.StandardLimits.Check(c.message); len(over) > 0 {
		return errors.New(over[0].Reason)
	}
	hidden := !c.Redaction.None() || !c.record.Redaction.None()
	shown := c.Action == Import || same(*c.After, c.message)
	if !hidden && !(shown && same(canonical(c.message, c.record.OrderedProperties), c.record.Message)) {
		return errors.New("what is shown, published and recorded differs")
	}
	return nil
}

func (c *Change) checkDelete() error {
	if c.message.Topic != c.Key.Topic || c.message.QoS > 1 || c.message.Diff(mqtt.Message{})&^mqtt.FieldQoS != 0 {
		return errors.New("it is not the delete of its topic")
	}
	return nil
}

var errEmpty = errors.New("its payload is empty, which deletes a message")

// checkMessage checks a message that is published or recorded at the change's topic.
func (c *Change) checkMessage(m mqtt.Message) error {
	if m.Topic != c.Key.Topic {
		return fmt.Errorf("it holds a message of another topic, %q", m.Topic)
	}
	if m.IsDeletion() {
		return errEmpty
	}
	return nil
}
