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

// Action is what is done at one topic. Its value is the glyph that a plan shows.
type Action rune

const (
	NoOp   Action = ' ' // publishes nothing
	Create Action = '+' // publishes a message where none is live
	Update Action = '~' // publishes a message in place of the live one
	Delete Action = '-' // publishes an empty message, which deletes the live one
	Import Action = '&' // records a live message that equals its declaration
	Forget Action = '.' // drops the record and leaves the broker as it is
)

// Reason is why an action is planned. The strings are those of the JSON output.
type Reason string

const (
	Added       Reason = "new"         // declared, and neither recorded nor live
	Drift       Reason = "drift"       // the live message is not the recorded one
	Expired     Reason = "expired"     // the recorded message has expired
	Interrupted Reason = "interrupted" // an interrupted apply left a pending entry
	Config      Reason = "config"      // the declaration differs from the record
	Unmanaged   Reason = "unmanaged"   // live, not recorded, and different from the declaration
	Expiring    Reason = "expiring"    // less than renew_before remains until it expires
	Republish   Reason = "republish"   // selected by -republish
	Undeclared  Reason = "undeclared"  // recorded, and no longer declared
	Exclusive   Reason = "exclusive"   // untracked, and matched by an exclusive block
	Removed     Reason = "removed"     // recorded, and matched by a removed block
	Destroy     Reason = "destroy"     // the plan destroys everything
	Restored    Reason = "restore"     // the plan restores a backup
)

// Change is what is planned for one topic.
type Change struct {
	Action  Action
	Reasons []Reason
	Address string    // message.NAME["KEY"]; of an untracked message: exclusive.NAME["TOPIC"]
	Name    string    // the label of the message block; "" for an untracked message
	Index   cty.Value // cty.NilVal, a number or a string
	Broker  string    // the block's label
	Key     state.Key

	// Before is the live message, or the recorded one without a refresh. After is the
	// message that will be live. Both are redacted, and nil if there is no message.
	Before, After *mqtt.Message
	Redaction     mqtt.Redaction
	Differs       mqtt.Fields // the fields that change, including redacted ones
	SecretLeaves  []string    // the redacted leaves that change, as RFC 6901 pointers

	// BeforeDigest and AfterDigest cover everything but what is ignored. They are in
	// hexadecimal, and "" if there is no message. See Plan.Token.
	BeforeDigest, AfterDigest string

	// Ignored is what the message leaves to somebody else, and Carry takes from the live one.
	Ignored mqtt.Ignored `json:",omitzero"`

	// Ends is when Before expires; zero if it does not expire or that is unknown.
	Ends time.Time `json:",omitzero"`

	// File and Line are where the message is declared, or the exclusive block of an
	// untracked message. File is "" if the declaration is gone.
	File string
	Line int

	DependsOn []string // addresses of blocks and modules that must be done before, without instance keys

	record  *state.Record // what the state will hold after the change; nil drops the record
	prior   *state.Record // what the state holds before it, under Redaction
	message mqtt.Message  // what is published or adopted, unredacted; without a topic until Resolve
	unkeyed bool          // sensitive, and there was no digest key yet
}

// Publish returns the message to send with RETAIN set, unredacted, and false if the
// change publishes nothing (import, forget, no-op). In a loaded plan a sensitive message
// is zero until Resolve.
func (c *Change) Publish() (mqtt.Message, bool) {
	switch c.Action {
	case Create, Update, Delete:
		return c.message, true
	}
	return mqtt.Message{}, false
}

// Record returns what the state must hold after the change; nil drops the record.
func (c *Change) Record() *state.Record { return c.record }

// Pending returns the pending entry that the state must hold before the change is
// published.
func (c *Change) Pending() state.Pending {
	return state.Pending{After: c.Record(), Before: c.BeforeDigest}
}

// complete reports whether the change has its whole message, sensitive parts
// included.
func (c *Change) complete() bool { return c.message.Topic != "" }

// Untracked reports whether the message is neither declared nor recorded, and is deleted
// because it matches an exclusive block.
func (c *Change) Untracked() bool { return slices.Contains(c.Reasons, Exclusive) }

// Block returns the address of the block that declares the message or last declared it,
// without instance keys: the form that DependsOn uses.
func (c *Change) Block() string {
	block := addrs.Message(c.Name, cty.NilVal)
	if module := c.Module(); module != "" {
		return withoutKeys(module) + "." + block
	}
	return block
}

// Within returns the addresses by which DependsOn of another change may name this one:
// its block first, then the modules around it, from the inside out.
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

// Lapsed reports whether the message that the change replaces must have expired by now, so
// that its absence is not a conflict.
func (c *Change) Lapsed(now time.Time) bool { return !c.Ends.IsZero() && !now.Before(c.Ends) }
