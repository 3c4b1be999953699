package plan

import (
	"fmt"

	"github.com/retainctl/retainctl/mqtt"
)

// Selector is one -target, -exclude or -republish: an address or an MQTT topic
// filter. An address without an instance key selects every instance, and that of a
// module everything in it.
type Selector struct {
	Address string
	Filter  string // set if Address is not
}

const noAddress = "%q is no address: %w; " +
	"write message.NAME, message.NAME[\"KEY\"], message[\"NAME\"] or module.NAME"

// ParseSelector reads an address or a topic filter. What begins like an address
// is one: "message.x", `message.x["key"]`, "message.x[0]", `message["a/b"]`,
// "module.m", also below `module.m["key"].`; "message.x/y" is a filter.
func ParseSelector(s string) (Selector, error) {
	if looksLikeAddress(s) {
		a, err := parseAddress(s)
		if err != nil {
			return Selector{}, fmt.Errorf(noAddress, s, err)
		}
		return Selector{Address: a.String()}, nil
	}
	if err := mqtt.CheckFilter(s); err != nil {
		return Selector{}, fmt.Errorf("%q is neither an address (message.NAME) nor a topic filter: %w", s, err)
	}
	return Selector{Filter: s}, nil
}

// String returns the selector as it is written on a command line.
func (s Selector) String() string { return s.Address + s.Filter }

// Matches reports whether the selector takes in a topic or the address of one.
func (s Selector) Matches(address, topic string) bool {
	if s.Address == "" {
		return mqtt.Match(s.Filter, topic)
	}
	return covers(s.Address, address)
}
