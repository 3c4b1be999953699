package generate

import "github.com/retainctl/retainctl/mqtt"

// Options configure Write.
type Options struct {
	Broker     string // the name of the messages' broker block
	BrokerType string // its type: "mqtt", "aws_iot" or "embedded"
	Several    bool   // several brokers are declared, so every message must name its own
	Exact      bool   // write payloads byte for byte, never as values
	Files      bool   // write long tables and payloads to separate files
	Taken      Names  // names in the existing configuration; nil for none
	Comment    string // the first line of the file, without "# "; "" for none

	mqtt.Capabilities // of the broker; fields that are not Readable are not declared
}

// Result is the configuration that Write returns.
type Result struct {
	HCL     []byte            // the configuration file
	Files   map[string][]byte // files that it reads, by name, for the same folder
	Written int               // the number of messages that it declares
	Blocks  int               // the number of message blocks
	LeftOut []LeftOut         // messages that no configuration can declare
}

// LeftOut is a message that no configuration can declare, with the reason.
type LeftOut struct{ Topic, Reason string }

// A table with more rows, or a payload with more bytes, is written to a separate file: a JSON
// document of that size has more than a hundred lines.
const (
	longTable   = 20
	longPayload = 4096
)

// ownFile reports whether a payload that is not in a table is written to a file.
func (o Options) ownFile(m mqtt.Message) bool { return o.Files && len(m.Payload) > longPayload }

// defaultQoS is the QoS of a message block without qos.
const defaultQoS = 1
