package plan

import (
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/state"
)

// RefusalKind is why apply will not run a plan. The strings are those of the JSON output.
type RefusalKind string

const (
	RefuseUnmanaged      RefusalKind = "unmanaged"       // live, unrecorded and different
	RefuseUnread         RefusalKind = "unread"          // an exact read of the topic could not be completed
	RefuseConflict       RefusalKind = "conflict"        // pending, and live is neither before nor after
	RefusePending        RefusalKind = "pending"         // -refresh=false with pending entries
	RefuseUnknown        RefusalKind = "unknown"         // -refresh=false, and the record hides an ignored part
	RefusePreventDestroy RefusalKind = "prevent_destroy" // set in the declaration, or in the record if that is gone
	RefuseProtect        RefusalKind = "protect"         // a protect block forbids the delete
	RefuseForget         RefusalKind = "forget"          // an exclusive block would delete it in the next plan
	RefuseMaxDeletes     RefusalKind = "max_deletes"     // more deletes than max_deletes allows
	RefuseEmpty          RefusalKind = "empty"           // nothing is declared, but something is recorded
	RefuseLimits         RefusalKind = "limits"          // the message exceeds what the broker announced
	RefuseUnseen         RefusalKind = "unseen"          // -refresh-only, and a broker shows nothing that is recorded
)

// Refusal is one reason why apply will not run a plan, with the topics that it is about.
type Refusal struct {
	Kind   RefusalKind
	Fatal  bool // plan itself fails with exit code 1; if not set, plan warns and apply refuses
	Topics []Refused
}

// Refused is one topic of a Refusal, with what is known of it.
type Refused struct {
	Key                     state.Key
	Address                 string
	File                    string // of the declaration; "" if there is none
	Line                    int
	Recorded, Live, Planned *mqtt.Message // redacted; nil if there is none
	Cause                   string        // why it is unread, what exceeds the limits, or the block that forbids it; or ""
}

// WarningKind is what a warning is about. The strings are those of the JSON output.
type WarningKind string

const (
	WarnUnseen     WarningKind = "unseen"     // a broker shows nothing of what is recorded on it
	WarnUnreadable WarningKind = "unreadable" // declared fields that the broker cannot read back
	WarnExpiring   WarningKind = "expiring"   // a message will expire and has no renew_before
	WarnUnkeyed    WarningKind = "unkeyed"    // sensitive values, and there is no digest key before the first apply
	WarnTargeted   WarningKind = "targeted"   // -target or -exclude: the plan is not about the whole configuration
	WarnUnchecked  WarningKind = "unchecked"  // adopted messages (in Topics) with fields that cannot be read back
	WarnUnplaced   WarningKind = "unplaced"   // messages (in Topics) whose live payload has no place for ignored paths
	WarnUnmatched  WarningKind = "unmatched"  // selectors (in Topics) that match nothing
	WarnCheck      WarningKind = "check"      // assertions of check blocks that do not hold (in Failed)
	WarnRestored   WarningKind = "restored"   // restored topics that the next apply would replace
	WarnUnscanned  WarningKind = "unscanned"  // exclusive filters (in Topics) that were not scanned
	WarnIdle       WarningKind = "idle"       // a note: protect and except filters (in Idle) that match nothing

	WarnIdleIgnored WarningKind = "idle_ignored" // a note: ignored paths (in Idle) that occur in no message
)

// Warning is a warning about a broker or about topics. A field that does not apply to the
// kind is zero.
type Warning struct {
	Kind   WarningKind
	Broker string // the block's label
	Fields mqtt.Fields
	Topics []string
	Failed []string // messages of failed assertions, each with its address, file and line
	Idle   []Idle   `json:",omitempty"` // blocks with filters that match nothing

	Offline bool `json:",omitempty"` // of kind idle: the brokers were not read
}
