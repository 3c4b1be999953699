package plan

import (
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// Broker is one broker that a plan is about: who it is and what it can do.
type Broker struct {
	Name        string // the block's label
	Type        string
	Identity    state.Identity
	Unpinned    bool   // it was never read: the identity is made up
	Address     string // for people
	Description string
	Age         time.Duration // of what was observed of it, when the plan was made

	mqtt.Capabilities // without a refresh all fields are readable, and nothing else is known
}

// Observation is what was seen of one broker; the zero value says that nothing was.
type Observation struct {
	mqtt.Observation
	Began  time.Time // when the reading began: what was read first is as old as that
	Unsure []string  // why a scan may not have shown every untracked message
}
