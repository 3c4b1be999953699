package spec

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/addrs"
)

// Scope is the part of a broker's topics that a block speaks of.
type Scope struct {
	Address string // of the block: exclusive.NAME, module.M["a"].protect.NAME, removed
	Broker  string // the name of its broker block; "" is every broker
	Filter  string
	Range   hcl.Range // of the block's header

	FilterRange hcl.Range
}

// Has tells whether a topic of a broker is within the scope.
func (s Scope) Has(broker, topic string) bool {
	return (s.Broker == "" || s.Broker == broker) && mqtt.Match(s.Filter, topic)
}

// Exclusive is an exclusive block: a live message within it that is not declared
// is deleted.
type Exclusive struct {
	Scope
	Name   string   // the block's label
	Except []string // filters of what is left alone
}

// Excepts tells whether a topic of the scope is left alone all the same.
func (x *Exclusive) Excepts(topic string) bool {
	return slices.ContainsFunc(x.Except, func(filter string) bool { return mqtt.Match(filter, topic) })
}

// Stranger gives the address of an undeclared message within the scope:
// exclusive.NAME["topic"].
func (x *Exclusive) Stranger(topic string) string { return x.Address + addrs.Key(cty.StringVal(topic)) }
