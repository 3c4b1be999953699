package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/state"
)

// Action is what is to be done about one topic. Its value is its glyph.
type Action rune

const (
	NoOp   Action = ' '
	Create Action = '+'
	Update Action = '~'
	Delete Action = '-'
	Import Action = '&'
	Forget Action = '.'
)

// Reason says why an action is planned.
type Reason string

const (
	Added       Reason = "new"
	Drift       Reason = "drift"
	Expired     Reason = "expired"
	Interrupted Reason = "interrupted"
	Config      Reason = "config"
	Unmanaged   Reason = "unmanaged"
	Expiring    Reason = "expiring"
	Republish   Reason = "republish"
	Undeclared  Reason = "undeclared"
	Exclusive   Reason = "exclusive" // live and undeclared within an exclusive filter
	Removed     Reason = "removed"   // forgotten since a removed block says so
	Destroy     Reason = "destroy"
	Restored    Reason = "restore"
)

// Change is what is planned for one topic.
type Change struct {
	Action  Action
	Reasons []Reason
	Address string    // of an untracked message: exclusive.NAME["topic"]
	Name    string    // the label of the message block; an untracked message has none
	Index   cty.Value // cty.NilVal, a number or a string
	Broker  string    // the block's label
	Key     state.Key

	// Before is the live message, or the recorded one without a refresh; After
	// is what will be live. Both are redacted, and nil if there is no message.
	Before, After *mqtt.Message
	Redaction     mqtt.Redaction
	Differs       mqtt.Fields // between Before and After; redacted fields too
	SecretLeaves  []string    // the redacted leaves that differ

	BeforeDigest, AfterDigest string // over all fields; see Token

	// Ends is when the message before expires; zero if it does not, or nobody knows.
	Ends time.Time `json:",omitzero"`

	File string // of the declaration, or the exclusive block of an untracked message; "" if it is gone
	Line int

	DependsOn []string // blocks and modules that must be done before, without instance keys

	record  *state.Record // what state will hold after it; nil drops the record
	prior   *state.Record // what it holds before, under this redaction
	message mqtt.Message  // what is published or adopted, raw; without a topic until Resolve
	unkeyed bool          // sensitive, and there was no digest key yet
}

// Publish returns the message to send with RETAIN set, and false if the change
// publishes nothing (import, forget, no-op).
func (c *Change) Publish() (mqtt.Message, bool) {
	switch c.Action {
	case Create, Update, Delete:
		return c.message, true
	}
	return mqtt.Message{}, false
}

// Record returns what state must hold once the change is done; nil drops the
// record.
func (c *Change) Record() *state.Record { return c.record }

// Pending returns what state must hold before the change is published.
func (c *Change) Pending() state.Pending {
	return state.Pending{After: c.Record(), Before: c.BeforeDigest}
}

// complete reports whether the change has its whole message, sensitive parts
// included.
func (c *Change) complete() bool { return c.message.Topic != "" }

// Untracked reports whether the message is one that nobody declared or recorded: it
// is deleted because it is within an exclusive filter.
func (c *Change) Untracked() bool { return slices.Contains(c.Reasons, Exclusive) }

// Block returns the address of the block that the change's message is, or was,
// declared in, without instance keys: what DependsOn speaks of.
func (c *Change) Block() string {
	block := addrs.Message(c.Name, cty.NilVal)
	if module := c.Module(); module != "" {
		return withoutKeys(module) + "." + block
	}
	return block
}

// Within returns the addresses by which DependsOn of another change may name this one:
// its block, and the modules around it.
func (c *Change) Within() []string {
	found := []string{c.Block()}
	for module := withoutKeys(c.Module()); module != ""; {
		found = append(found, module)
		module = module[:max(strings.LastIndex(module, ".module."), 0)]
	}
	return found
}

// Module returns the part of the address before the message: module.M, with its key
// if it has one. Exclusive blocks are in the root module.
func (c *Change) Module() string {
	if c.Untracked() {
		return ""
	}
	return moduleOf(c.Address)
}

// Lapsed reports whether the message that the change replaces must have expired since: that
// it is gone is nobody's doing.
func (c *Change) Lapsed(now time.Time) bool { return !c.Ends.IsZero() && !now.Before(c.Ends) }
