package plan

import (
	"time"

	"github.com/retainctl/retainctl/mqtt"
)

// Cost is what applying a plan uses of one broker's quota.
type Cost struct {
	mqtt.Quota
	Broker    string // the block's label
	Publishes int
	Reads     int           // exact reads
	Units     int           // billed units of Quota.UnitBytes; 0 if the broker meters nothing
	Duration  time.Duration // how long the calls take at the quota's rates
}

// FreshFor is how old an observation may be when its topics are published. If it is older,
// apply reads the topics again first.
const FreshFor = 10 * time.Second

// Costs returns the cost of applying the plan on each broker that has a quota and that
// the plan publishes to, in the order of Brokers.
func (p *Plan) Costs() []Cost {
	var found []Cost
	for _, b := range p.Brokers {
		if c := CostAt(b.Name, p.Changes, b.Quota, b.Age); c.Publishes > 0 {
			found = append(found, c)
		}
	}
	return found
}

// CostAt returns the cost of the changes at one broker, named by its block's label, for an
// apply that begins now with an observation of the given age. Nothing is counted if q sets
// no publish rate.
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
	c.Duration = callTime(c.Publishes, q.PublishRate) + callTime(checked, q.ReadRate)
	return c
}

// publish counts one publish, and the read that shows when it was stored, which runs
// concurrently with the publishes that follow. A retained message is metered twice, as
// PUBLISH and as RETAIN.
func (c *Cost) publish(change *Change) {
	m := change.message
	if change.After != nil && !change.complete() {
		m = *change.After // its secrets are unknown until Resolve
	}
	c.Publishes++
	c.Units += 2 * c.metered(m.Size())
	if change.Action != Delete {
		c.read(&m)
	}
}

// read counts one read that shows m; nil is a read that shows nothing.
func (c *Cost) read(m *mqtt.Message) {
	c.Reads++
	if m == nil {
		m = &mqtt.Message{}
	}
	c.Units += c.metered(answerBytes(*m))
}

// callTime returns how long n calls take at a rate per second.
func callTime(n int, rate float64) time.Duration {
	if rate <= 0 {
		return 0
	}
	return time.Duration(float64(n) / rate * float64(time.Second))
}

// metered returns the units that a size is billed as: every unit that is begun, and at
// least one.
func (c *Cost) metered(bytes int) int {
	if c.UnitBytes <= 0 {
		return 0
	}
	return max(1, (bytes+c.UnitBytes-1)/c.UnitBytes)
}

// answerBytes returns the approximate size of the answer to a read: JSON, with payload
// and properties in base64.
func answerBytes(m mqtt.Message) int {
	const frame = 100 // names, quotes, numbers
	return frame + len(m.Topic) + (len(m.Payload)+m.UserPropertyBytes()+2)/3*4
}
