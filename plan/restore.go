package plan

import (
	"slices"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// loses tells whether a change takes a message away that nothing else holds. One that
// is published again, as -republish and renew_before have it, is not lost.
func (c *Change) loses() bool {
	again := func(r Reason) bool { return r == Expiring || r == Republish }
	switch c.Action {
	case Delete:
		return true
	case Update:
		return c.Differs&^mqtt.FieldExpiry != 0 || !slices.ContainsFunc(c.Reasons, again)
	}
	return false
}

// Replaced gives the message that the change will take away, as a backup keeps it: as
// it will stand at that time, with what is recorded of it. It gives nil where nothing is
// lost, and where the message is not to be kept because it is sensitive. What a broker
// does not read back of a message that nobody recorded is left out, and its QoS is
// taken to be 1.
func (c *Change) Replaced(see Comparer, now time.Time) (r *state.Record, sensitive bool) {
	if !c.loses() || c.Before == nil {
		return nil, false
	}
	if !c.Redaction.None() {
		return nil, true
	}
	m := *c.Before
	m.Topic = c.Key.Topic
	if c.prior == nil {
		m = m.With(mqtt.Message{QoS: 1}, mqtt.AllFields&^see.Readable)
		r = &state.Record{OnDestroy: "delete"}
	} else {
		kept := *c.prior
		r = &kept
	}
	if m.Expiry > 0 && !c.Ends.IsZero() { // 0 would be for ever
		m.Expiry = uint32(min(max(c.Ends.Sub(now)/time.Second, 1), time.Duration(m.Expiry)))
	}
	r.Sealed = state.Seal(m, mqtt.Redaction{}, nil)
	return r, false
}

// ends tells when the message that stands at a topic expires: as the broker counts it,
// or by when it was published. One that outlived its recorded end was published again
// by somebody else, nobody knows when.
func (p *planner) ends(t *topic, seen mqtt.Message) time.Time {
	var at time.Time
	switch {
	case seen.Expiry == 0:
	case p.in.Refreshed && t.broker.ShowsExpiry():
		at = p.in.Now.Add(seconds(t.live.Expiry))
	case t.rec != nil:
		at = t.rec.UpdatedAt.Add(seconds(t.rec.Expiry))
	}
	if at.Before(p.in.Now) {
		return time.Time{}
	}
	return at
}

// restored makes a backup's message what is declared at its topic, and tells whether
// there is one. What the configuration says of the message's keeping stays.
func (p *planner) restored(t *topic) bool {
	if t.backup == nil {
		return false
	}
	d := restoredMessage(t)
	if t.decl == nil || differs(t.decl.Message, d.Message, t.decl.OrderedProperties, t.decl.CompareBytes) != 0 {
		t.otherwise = true
	}
	t.decl = d
	return true
}

func restoredMessage(t *topic) *spec.Message {
	r := t.backup
	d := &spec.Message{
		Address: r.Address, DependsOn: r.DependsOn, OnDestroy: r.OnDestroy, PreventDestroy: r.PreventDestroy,
		OrderedProperties: r.OrderedProperties,
	}
	d.Name, d.Index = splitAddress(r.Address)
	if t.decl != nil {
		*d = *t.decl
		d.IgnoreFields, d.IgnoreLeaves, d.RenewBefore = 0, nil, 0
	}
	d.Message, d.Broker, d.CompareBytes = r.Message, t.broker.Name, true
	if t.rec != nil { // what became a secret since stays one
		d.Redaction = d.Redaction.Union(t.rec.Redaction)
	}
	return d
}
