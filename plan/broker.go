package plan

import (
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// Broker is one broker of a plan: its identity and its capabilities.
type Broker struct {
	Name        string // the block's label
	Type        string // of the block, such as "mqtt"
	Identity    state.Identity
	Unpinned    bool          // the broker was never read, so Identity is a placeholder
	Address     string        // for people: "mqtts://broker.lab:8883"
	Description string        // for people: "mosquitto 2.0.11, MQTT 5"; "" without a refresh
	Age         time.Duration // of the observation when the plan was made

	mqtt.Capabilities // without a refresh, Readable is all fields and the rest is zero
}

// Observation is what was read from one broker. The zero value is an observation that
// showed nothing.
type Observation struct {
	mqtt.Observation
	Began  time.Time // when the read began: the age of the oldest message in it
	Unsure []string  // why a scan may have missed untracked messages; empty if it was complete
	Spared []string  // what Begun.Spared returned of the scan
}
