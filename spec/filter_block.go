package spec

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/addrs"
)

// FilterBlock is a protect, removed or schema block, or what an exclusive block has in
// common with them: it applies to the topics that match its filter.
type FilterBlock struct {
	Address string    // of the block: exclusive.NAME, module.M["a"].protect.NAME, removed
	Broker  string    // the label of a broker block; "" for every broker
	Filter  string    // a valid topic filter (MQTT 4.7) that does not begin with "$"
	Range   hcl.Range // of the block's header

	FilterRange hcl.Range // of the filter argument's value
}

// Matches reports whether the block applies to a topic of a broker, which is given by the
// label of its block.
func (b FilterBlock) Matches(broker, topic string) bool {
	return (b.Broker == "" || b.Broker == broker) && mqtt.Match(b.Filter, topic)
}

// Exclusive is an exclusive block: a plan deletes a live message that matches and is not
// declared. Its Broker is never "".
type Exclusive struct {
	FilterBlock
	Name   string   // the block's label
	Except []string // filters of topics that the block does not apply to; nil for none
}

// Excepts reports whether an except filter matches a topic, so that the block leaves its
// message alone even if Matches is true.
func (x *Exclusive) Excepts(topic string) bool {
	return slices.ContainsFunc(x.Except, func(filter string) bool { return mqtt.Match(filter, topic) })
}

// Excludes reports whether a removed block, or the except argument of an exclusive block, says
// that a topic of a broker does not belong to this configuration.
func (c *Config) Excludes(broker, topic string) bool {
	return slices.ContainsFunc(c.Removed, func(b FilterBlock) bool { return b.Matches(broker, topic) }) ||
		slices.ContainsFunc(c.Exclusives, func(x Exclusive) bool { return x.Matches(broker, topic) && x.Excepts(topic) })
}

// UntrackedAddress returns the address of an untracked message that the block matches:
// exclusive.NAME["topic"].
func (x *Exclusive) UntrackedAddress(topic string) string {
	return x.Address + addrs.Key(cty.StringVal(topic))
}
