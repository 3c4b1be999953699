// Package plan works out what must be published so that brokers hold what a
// configuration declares. New is pure: desired, recorded and observed messages
// go in, a Plan comes out; no I/O, no formatting, no clock of its own.
//
// A plan is a value. What it shows is redacted already: only Change.Publish
// gives the message to send, sensitive parts included.
package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
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

// Broker is one broker as the planner knows it.
type Broker struct {
	Name        string // the block's label
	Type        string
	Identity    state.Identity
	Unpinned    bool   // it was never read: the identity is made up
	Address     string // for people
	Description string
	Observed    mqtt.Observation // empty without a refresh
	Age         time.Duration    // of what is observed, when the plan is made
	Unsure      []string         // why a scan may not have shown every undeclared message

	mqtt.Capabilities // without a refresh all that is readable, and nothing else
}

// comparer compares reads of the broker under a state's digest key.
func (b *Broker) comparer(key []byte) Comparer { return Comparer{b.Capabilities, key} }

// Mode is what kind of plan is asked for.
type Mode int

const (
	Normal Mode = iota
	DestroyAll
	RefreshOnly // what is live is recorded; nothing is published
	Restore     // what a backup holds is published
)

// Input is all that a plan depends on.
type Input struct {
	Desired   []spec.Message
	Prior     *state.Snapshot // nil before the first apply
	Brokers   []Broker
	Refreshed bool // the brokers were read; false under -refresh=false
	Mode      Mode
	Backup    *state.Backup // of Restore
	Now       time.Time

	Exclusive        []spec.Exclusive // none overlaps another of its broker
	Protect, Removed []spec.Scope

	Target, Exclude, Republish []Selector
	OverwriteUnmanaged         bool
	MaxDeletes                 *spec.Threshold // nil: 30 percent, once ten are managed
	Failed                     []spec.Failed   // assertions of check blocks
}

// Change is what is planned for one topic.
type Change struct {
	Action  Action
	Reasons []Reason
	Address string    // of a stranger: exclusive.NAME["topic"]
	Name    string    // the label of the message block; a stranger has none
	Index   cty.Value // cty.NilVal, a number or a string
	Broker  string    // the block's label
	Key     state.Key

	// Before is the live message, or the recorded one without a refresh; After
	// is what will be live. Both are redacted; nil where there is none.
	Before, After *mqtt.Message
	Redaction     mqtt.Redaction
	Differs       mqtt.Fields // between Before and After; redacted fields too
	SecretLeaves  []string    // the redacted leaves that differ

	BeforeDigest, AfterDigest string // over all fields; see Token

	// Ends is when the message before expires; zero where it does not, or nobody knows.
	Ends time.Time `json:",omitzero"`

	File string // of the declaration, of a stranger the exclusive block; "" where it is gone
	Line int

	DependsOn []string // blocks and modules that must be done before, without instance keys

	record  *state.Record // what state will hold after it; nil drops the record
	prior   *state.Record // what it holds before, under this redaction
	message mqtt.Message  // what is published or adopted, raw; without a topic until Resolve
	unkeyed bool          // sensitive, and there was no digest key yet
}

// Publish gives the message to send with RETAIN set, and false where the change
// publishes nothing (import, forget, no-op).
func (c *Change) Publish() (mqtt.Message, bool) {
	switch c.Action {
	case Create, Update, Delete:
		return c.message, true
	}
	return mqtt.Message{}, false
}

// Stranger tells whether the message is one that nobody declared or recorded: it
// is deleted since it stands within an exclusive filter.
func (c *Change) Stranger() bool { return slices.Contains(c.Reasons, Exclusive) }

// Block gives the address of the block that the change's message is, or was,
// declared in, without instance keys: what DependsOn speaks of.
func (c *Change) Block() string {
	block := spec.Address(c.Name, cty.NilVal)
	if module := c.Module(); module != "" {
		return withoutKeys(module) + "." + block
	}
	return block
}

// Within gives what DependsOn of another change means this one by: its block, and
// the modules around it.
func (c *Change) Within() []string {
	found := []string{c.Block()}
	for module := withoutKeys(c.Module()); module != ""; {
		found = append(found, module)
		module = module[:max(strings.LastIndex(module, ".module."), 0)]
	}
	return found
}

// Module gives the part of the address before the message: module.M, with its key
// where it has one. Exclusive blocks stand in the root module.
func (c *Change) Module() string {
	if c.Stranger() {
		return ""
	}
	return moduleOf(c.Address)
}

// Record gives what state must hold once the change is done; nil drops the
// record.
func (c *Change) Record() *state.Record { return c.record }

// Plan is everything that would be done, and what stands against it.
type Plan struct {
	Changes  []Change // what is to be done, without no-ops; sorted by broker and topic
	NoOps    int      // declared, live and equal
	Cosmetic int      // of these, how many differ in spelling only

	// Bookkeeping is what apply writes into the state without a publish and
	// without a line in the plan: a renamed block, a changed on_destroy, the live
	// spelling of an equal document, a settled pending entry, the record of a message
	// that is neither declared nor there any more. Their Action is NoOp. A topic may
	// stand here and in Changes, and here twice: bookkeeping goes first, in order.
	Bookkeeping []Change

	// Drift is what a RefreshOnly plan accepts into the state: Before is what is
	// recorded, After what is live, nil where it is gone. Their Action is NoOp.
	Drift []Change `json:",omitempty"`

	Refusals  []Refusal
	Warnings  []Warning
	Brokers   []Broker
	Mode      Mode
	Refreshed bool
	Created   time.Time

	Prior     PriorVersion
	Deletes   DeleteBudget
	Protected []Protected // undeclared messages that protect blocks keep
	Complete  bool        // the observation shows every undeclared message that matters
	Reasons   []string    // why it does not
	Variables []spec.Variable
}

// PriorVersion is the state that a plan was made from; zero before the first
// apply.
type PriorVersion struct {
	Lineage string
	Serial  uint64
}

// DeleteBudget is what max_deletes says of a plan.
type DeleteBudget struct {
	Limit   spec.Threshold
	Deletes int
	Managed int // recorded messages and strangers found: what a percentage is of
}

// RefusalKind is why apply will not run a plan.
type RefusalKind string

const (
	RefuseUnmanaged      RefusalKind = "unmanaged"       // live, unrecorded and different
	RefuseUnread         RefusalKind = "unread"          // a known topic could not be settled
	RefuseConflict       RefusalKind = "conflict"        // pending, and live is neither before nor after
	RefusePending        RefusalKind = "pending"         // -refresh=false with pending entries
	RefuseUnknown        RefusalKind = "unknown"         // -refresh=false, and what is to be sent along is not in the record
	RefusePreventDestroy RefusalKind = "prevent_destroy" // recorded or declared
	RefuseProtect        RefusalKind = "protect"         // a recorded message that a protect block keeps
	RefuseForget         RefusalKind = "forget"          // it would be left within an exclusive filter, and deleted next
	RefuseMaxDeletes     RefusalKind = "max_deletes"
	RefuseEmpty          RefusalKind = "empty"  // nothing declared, something recorded
	RefuseLimits         RefusalKind = "limits" // the broker announced that it takes no such message
	RefuseUnseen         RefusalKind = "unseen" // -refresh-only, and a broker shows nothing of what is recorded on it
)

// Refusal is one reason why apply will not run a plan, with what it is about.
type Refusal struct {
	Kind   RefusalKind
	Fatal  bool // plan itself exits 1; otherwise it warns and apply refuses
	Topics []Refused
}

// Refused is one topic of a Refusal, with whatever of the sides is known.
type Refused struct {
	Key                     state.Key
	Address                 string
	File                    string
	Line                    int
	Recorded, Live, Planned *mqtt.Message // redacted
	Cause                   string        // of an unread topic; what a broker does not take; the block that forbids
}

// WarningKind is what a plan wants its reader to know.
type WarningKind string

const (
	WarnUnseen     WarningKind = "unseen"     // nothing of what is recorded on a broker was seen there
	WarnUnreadable WarningKind = "unreadable" // fields that the broker cannot read back
	WarnExpiring   WarningKind = "expiring"   // a message will expire and has no renew_before
	WarnUnkeyed    WarningKind = "unkeyed"    // sensitive values before the first state
	WarnTargeted   WarningKind = "targeted"   // -target or -exclude: not the whole configuration
	WarnUnchecked  WarningKind = "unchecked"  // adopted, though fields of it cannot be read back
	WarnUnmatched  WarningKind = "unmatched"  // selectors (in Topics) that take in nothing: a slip?
	WarnCheck      WarningKind = "check"      // assertions of check blocks do not hold
	WarnRestored   WarningKind = "restored"   // the next apply would replace what is restored
	WarnUnscanned  WarningKind = "unscanned"  // exclusive filters (in Topics) that were not looked into
)

// Warning is one thing worth knowing, about a broker or some topics.
type Warning struct {
	Kind   WarningKind
	Broker string
	Fields mqtt.Fields
	Topics []string
	Failed []string // what check blocks say, each with its address and place
}

// Counts are the numbers of the plan's last line.
type Counts struct{ Import, Create, Update, Delete, Forget int }

// Counts counts the changes by action.
func (p *Plan) Counts() Counts {
	var n Counts
	for i := range p.Changes {
		switch p.Changes[i].Action {
		case Create:
			n.Create++
		case Update:
			n.Update++
		case Delete:
			n.Delete++
		case Import:
			n.Import++
		case Forget:
			n.Forget++
		}
	}
	return n
}

// HasChanges tells whether there is anything that -detailed-exitcode reports.
// Bookkeeping is none.
func (p *Plan) HasChanges() bool { return len(p.Changes)+len(p.Drift) > 0 }

// Blocked gives the refusals that keep apply from running the plan; with fatal,
// only those that make plan itself fail.
func (p *Plan) Blocked(fatal bool) []Refusal {
	var found []Refusal
	for _, r := range p.Refusals {
		if r.Fatal || !fatal {
			found = append(found, r)
		}
	}
	return found
}
