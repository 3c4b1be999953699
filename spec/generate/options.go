package generate

import "github.com/retainctl/retainctl/mqtt"

// Options say how the configuration is written.
type Options struct {
	Broker     string // the name of the block that holds the messages
	BrokerType string
	Several    bool   // other brokers are declared: every message names its own
	Exact      bool   // payloads are written byte for byte, never as values
	Files      bool   // long tables and payloads go into files of their own
	Taken      Names  // what the configuration declares already
	Comment    string // at the head of the file

	mqtt.Capabilities // of the broker: fields that it does not show are not declared
}

// Result is a configuration file, and the files beside it by their names.
type Result struct {
	HCL     []byte
	Files   map[string][]byte
	Written int // messages
	Blocks  int
	LeftOut []LeftOut // what no configuration can declare
}

// LeftOut is a message that the language cannot declare.
type LeftOut struct{ Topic, Reason string }

// A table of more rows, or a payload of more bytes, goes into a file of its own: a
// document of that size is more than a hundred lines.
const (
	longTable   = 20
	longPayload = 4096
)

// ownFile reports whether a payload goes into a file, unless it is in a table.
func (o Options) ownFile(m mqtt.Message) bool { return o.Files && len(m.Payload) > longPayload }

// defaultQoS is the QoS of a block that names none.
const defaultQoS = 1
