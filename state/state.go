// Package state keeps what retainctl has published, as far as it knows: one document of records,
// and stores that read, write and lock it. It never talks to a broker.
//
// A record belongs to the identity of a broker, not to the label of a block. What an apply is
// about to publish is written as Pending before its first publish, so that a kill at any moment
// loses nothing.
package state

import (
	"context"
	"errors"
	"time"

	"github.com/retainctl/retainctl/mqtt"
)

// Identity names a broker independently of its block: "mqtt:HOST:PORT", "aws_iot:REGION:HOST" or
// "embedded:ID".
type Identity string

// Key identifies a retained message: the topic is the identity.
type Key struct {
	Broker Identity
	Topic  string
}

// Snapshot is the whole state. It is a plain value: Clone it before changing one that somebody else
// holds.
type Snapshot struct {
	Lineage   string           // a random UUID; never changes
	Serial    uint64           // the number of writes
	DigestKey []byte           // 32 random bytes, the key of sensitive digests
	Brokers   map[Identity]Pin // the block that led to each broker
	Records   map[Key]Record
	Pending   map[Key]Pending
}

// Pin is the block that last led to the identity of a broker.
type Pin struct{ Type, Name string }

// Record is what was last published to a topic, or adopted there.
type Record struct {
	Sealed
	Address           string    // of the message block
	UpdatedAt         time.Time // when it was published or adopted
	Modified          time.Time // the broker's time of its last write; zero if it has none
	OrderedProperties bool      // the order of user properties counts
	OnDestroy         string    // "delete" or "forget"
	PreventDestroy    bool
	DependsOn         []string // addresses of blocks and modules
}

// Sealed is a message as it may be stored: its sensitive parts are replaced by mqtt.RedactedText,
// and only their keyed digests are kept. These do not cover what is ignored, because nobody could
// take it out of them again.
type Sealed struct {
	mqtt.Message // redacted
	Redaction    mqtt.Redaction
	Ignored      mqtt.Ignored      `json:",omitzero"` // not in the keyed digests
	Digest       string            // of the whole message; keyed if anything is sensitive
	Secrets      map[string]string // keyed digests, by field name or RFC 6901 pointer
}

// Pending is what a running or killed apply may have published to a topic. After is the record of
// the message that it sends, nil for a delete. Before is the digest of the message that it
// replaces, empty if there was none.
type Pending struct {
	After  *Record
	Before string
}

// Version identifies a document in a store: an ETag or a digest. It is empty if there is no
// document.
type Version string

// Store keeps a state document.
type Store interface {
	// Read returns the document, or a nil Snapshot if there is none yet. If it cannot be decoded,
	// the version is returned together with the error.
	Read(ctx context.Context) (*Snapshot, Version, error)
	// Write replaces the document whose version is since, and returns ErrConflict if it has
	// changed. The caller raises the serial.
	Write(ctx context.Context, s *Snapshot, since Version) (Version, error)
	// Lock takes the store's lock, or returns a *LockedError at once. Only for the lock of a holder
	// that died does it wait, until it may take that over. Work under the lock uses the context
	// held, which ends with a *LostError as its cause if the lock is lost.
	Lock(ctx context.Context, info LockInfo) (held context.Context, unlock func(context.Context) error, err error)
	// ForceUnlock releases the lock with this ID, which somebody else holds.
	ForceUnlock(ctx context.Context, id string) error
}

// ErrConflict is returned by Write if the document has changed since it was read.
var ErrConflict = errors.New("the state changed since it was read: somebody else wrote it, so plan again")

// LockInfo says who holds a lock. Its JSON is that of Terraform's HTTP protocol.
type LockInfo struct {
	ID        string
	Operation string // "plan", "apply", "state push"
	Who       string // user@host
	Version   string
	Created   time.Time
	Path      string
	Info      string // address of the CI run, if there is one

	// Approved is set if somebody approved what the lock is for, such as an apply that does not ask. Only then a
	// lock file is made where nothing of ours is yet, outside of the configuration's folder.
	Approved bool `json:"-"`
}
