package plan

import (
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// Sight is what a fresh read is judged with: the fields that the broker reads
// back, whether it counts expiry down, and the state's digest key.
type Sight struct {
	Readable   mqtt.Fields
	CountsDown bool
	Key        []byte
}

// MatchesBefore tells whether a fresh read (live is false where it heard
// nothing) still shows what the change was planned on.
func (c *Change) MatchesBefore(r mqtt.Retained, live bool, see Sight) bool { panic("not yet") }

// MatchesAfter tells whether a fresh read shows what the change publishes.
func (c *Change) MatchesAfter(r mqtt.Retained, live bool, see Sight) bool { panic("not yet") }

// Pending gives what state must hold before the change is published.
func (c *Change) Pending() state.Pending {
	return state.Pending{After: c.Record(), Before: c.BeforeDigest}
}

// Rekey seals the records of sensitive messages with the key of a state that did
// not exist when the plan was made: the first apply calls it once it has made one.
func (p *Plan) Rekey(key []byte) { panic("not yet") }
