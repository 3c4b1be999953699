package plan

import (
	"time"

	"github.com/retainctl/retainctl/mqtt"
)

// Cost is what applying a plan takes of one broker's quota.
type Cost struct {
	mqtt.Quota
	Broker    string // the block's label
	Publishes int
	Reads     int
	Units     int // metered; 0 if the broker meters nothing
	Duration  time.Duration
}

// FreshFor is how old an observation may be when its topics are published. Apply reads an older one
// again first.
const FreshFor = 10 * time.Second

// Costs returns what applying the plan takes of each broker that has a quota.
func (p *Plan) Costs() []Cost {
	var found []Cost
	for _, b := range p.Brokers {
		if c := CostAt(b.Name, p.Changes, b.Quota, b.Age); c.Publishes > 0 {
			found = append(found, c)
		}
	}
	return found
}

// CostAt adds up what the changes at one broker take under its quota, in an apply
// that begins at once on an observation of that age.
func CostAt(broker string, changes []Change, q mqtt.Quota, age time.Duration) Cost {
	c := Cost{Quota: q, Broker: broker}
	if q.PublishRate <= 0 {
		return c
	}
	checked := 0
	for i := range changes {
		change := &changes[i]
		if _, publishes := change.Publish(); !publishes || change.Broker != broker {
			continue
		}
		if float64(c.Publishes) >= q.PublishRate*(FreshFor-age).Seconds() {
			c.read(change.Before)
			checked++
		}
		c.publish(change)
	}
	c.Duration = lasting(c.Publishes, q.PublishRate) + lasting(checked, q.ReadRate)
	return c
}

// publish counts one publish, and the read that shows when it was stored, which
// goes beside the publishes that follow. What is retained is metered twice, as
// PUBLISH and as RETAIN.
func (c *Cost) publish(change *Change) {
	m := change.message
	if change.After != nil && !change.complete() {
		m = *change.After // its secrets are not known before they are resolved
	}
	c.Publishes++
	c.Units += 2 * c.metered(m.Size())
	if change.Action != Delete {
		c.read(&m)
	}
}

// read counts one read that shows m, or nothing.
func (c *Cost) read(m *mqtt.Message) {
	c.Reads++
	if m == nil {
		m = &mqtt.Message{}
	}
	c.Units += c.metered(answerBytes(*m))
}

// lasting is how long n calls take at a rate.
func lasting(n int, rate float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	return time.Duration(float64(n) / rate * float64(time.Second))
}

// metered returns the units of a size: every step that is begun, one at least.
func (c *Cost) metered(bytes int) int {
	if c.UnitBytes <= 0 {
		return 0
	}
	return max(1, (bytes+c.UnitBytes-1)/c.UnitBytes)
}

// answerBytes is about the size of what a read answers: JSON, with payload and
// properties in base64.
func answerBytes(m mqtt.Message) int {
	const frame = 100 // names, quotes, numbers
	return frame + len(m.Topic) + (len(m.Payload)+m.UserPropertyBytes()+2)/3*4
}
