package plan

import (
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// RefusalKind is why apply will not run a plan.
type RefusalKind string

const (
	RefuseUnmanaged      RefusalKind = "unmanaged"       // live, unrecorded and different
	RefuseUnread         RefusalKind = "unread"          // a known topic could not be read
	RefuseConflict       RefusalKind = "conflict"        // pending, and live is neither before nor after
	RefusePending        RefusalKind = "pending"         // -refresh=false with pending entries
	RefuseUnknown        RefusalKind = "unknown"         // -refresh=false, and the record hides what is to be sent along
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
