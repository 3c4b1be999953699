// Package state keeps what retainctl believes to have published: one document of
// records, a store that reads, writes and locks it, and nothing that talks to a
// broker.
//
// A record belongs to a broker's pinned identity, not to the label of a block.
// What an apply is about to publish is written as Pending before its first
// publish, so that a kill at any moment loses nothing.
package state

import (
	"context"
	"errors"
	"time"

	"github.com/retainctl/retainctl/mqtt"
)

// Identity names a broker for good: "mqtt:HOST:PORT", "aws_iot:REGION:HOST",
// "embedded:ID".
type Identity string

// Key identifies a retained message: the topic is the identity.
type Key struct {
	Broker Identity
	Topic  string
}

// Snapshot is the whole state. It is a plain value: Clone before changing one
// that somebody else holds.
type Snapshot struct {
	Lineage   string              // made once, when the state is; never changes
	Serial    uint64              // counts the writes
	DigestKey []byte              // 32 random bytes, the key of sensitive digests
	Brokers   map[Identity]Broker // pinned
	Records   map[Key]Record
	Pending   map[Key]Pending
}

// Broker is a pinned broker: the block that last used this identity.
type Broker struct{ Type, Name string }

// Record is what was last published to, or adopted at, one topic.
type Record struct {
	Sealed
	Address           string
	UpdatedAt         time.Time // when it was published or adopted
	Modified          time.Time // the broker's own time of the last write, where it tells
	OrderedProperties bool
	OnDestroy         string // "delete" or "forget"
	PreventDestroy    bool
	DependsOn         []string
}

// Sealed is a message as it may be stored: sensitive parts are replaced by
// mqtt.RedactedText and known by keyed digest only.
type Sealed struct {
	mqtt.Message // redacted
	Redaction    mqtt.Redaction
	Digest       string            // of the whole message; keyed where anything is sensitive
	Secrets      map[string]string // keyed digest by field name or by RFC 6901 pointer
}

// Pending is what a running apply may have published to one topic. After is the
// message it sends, nil for a delete; Before is the digest of what it replaces,
// empty for nothing.
type Pending struct {
	After  *Record
	Before string
}

// Version is what a store knows a written document by: an ETag, or a digest.
type Version string

// Store is where a state document is kept.
type Store interface {
	// Read returns the document, or a nil Snapshot where there is none yet. One that
	// cannot be decoded has its version all the same, beside the error.
	Read(ctx context.Context) (*Snapshot, Version, error)
	// Write replaces the document that was read as since; ErrConflict if that
	// moved. It raises no serial: the caller does.
	Write(ctx context.Context, s *Snapshot, since Version) (Version, error)
	// Lock takes the store's lock, or fails with a *LockedError at once; only for
	// the lock of a holder that died does it wait, until it may take that over.
	// What is done under the lock is done with held: it ends, with a *LostError as
	// its cause, when the lock cannot be relied on any more.
	Lock(ctx context.Context, info LockInfo) (held context.Context, unlock func(context.Context) error, err error)
	// ForceUnlock releases the lock of this ID, which somebody else holds.
	ForceUnlock(ctx context.Context, id string) error
}

// ErrConflict is a write over a document that changed since it was read.
var ErrConflict = errors.New("the state changed since it was read: somebody else wrote it, so plan again")

// LockInfo tells who holds a lock. Its JSON is that of Terraform's protocol.
type LockInfo struct {
	ID        string
	Operation string // "plan", "apply", "state push"
	Who       string // user@host
	Version   string
	Created   time.Time
	Path      string
	Info      string // the CI run's address, where there is one
}
