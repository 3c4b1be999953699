package plan

import (
	"github.com/retainctl/retainctl/spec"
	"github.com/retainctl/retainctl/state"
)

// Selector is one -target, -exclude or -republish: an address or an MQTT topic
// filter. An address without an instance key selects every instance.
type Selector struct {
	Address string
	Filter  string // set where Address is not
}

// ParseSelector reads an address or a topic filter.
func ParseSelector(s string) (Selector, error) { panic("not yet") }

// Topics gives the topics of one broker that a plan must read.
func Topics(desired []spec.Message, prior *state.Snapshot, b Broker) []string { panic("not yet") }
