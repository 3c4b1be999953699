package plan

import (
	"fmt"

	"github.com/retainctl/retainctl/mqtt"
)

// Selector is the value of a -target, -exclude, -republish or -overwrite-unmanaged: an address or
// an MQTT topic filter. An address without an instance key selects every instance, and that of a module
// selects everything in it.
type Selector struct {
	Address string // "" if the selector is a filter
	Filter  string // "" if the selector is an address
}

const noAddress = "%q is not an address: %w; " +
	"write message.NAME, message.NAME[\"KEY\"], message[\"NAME\"] or module.NAME"

// ParseSelector parses an address or a topic filter. A string that begins like an address
// is parsed as one: "message.x", `message.x["key"]`, "message.x[0]", `message["a/b"]` or
// "module.m", also with a module before it, as in `module.m["key"].message.x`.
// "message.x/y" is a filter. The error says what is wrong and how an address is written.
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

// Matches reports whether the selector matches a message with this address and topic.
func (s Selector) Matches(address, topic string) bool {
	if s.Address == "" {
		return mqtt.Match(s.Filter, topic)
	}
	return covers(s.Address, address)
}
