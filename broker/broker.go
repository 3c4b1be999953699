// Package broker opens the targets. Each announces the differences that matter as
// mqtt.Capabilities; nothing else asks which broker it is.
//
// Planning holds a Reader, which has no method that publishes.
package broker

import (
	"context"
	"errors"
	"time"

	"github.com/retainctl/retainctl/mqtt"
)

// Reader reads retained messages. It cannot publish.
type Reader interface {
	Info() Info
	// Read determines every topic: live, absent, or unread with its reason. The error is one that
	// stopped the whole read.
	Read(ctx context.Context, topics []string) (mqtt.Observation, error)
	Close() error
}

// Scanner is a Reader that finds messages by topic filters.
type Scanner interface {
	// Scan returns what is retained at topics that match the filters. What it shows is live. What
	// it does not show may be live all the same, even if the inventory is complete as far as the
	// broker says: only Read proves absence. A caller that is about to delete a message reads it
	// again by its topic first.
	//
	// The error is one that stopped the whole scan. It is ErrNoScan if the broker never shows
	// retained messages to a wildcard.
	Scan(ctx context.Context, filters []string) (Inventory, error)
}

// Inventory is the result of a scan.
type Inventory struct {
	Live     map[string]mqtt.Retained // by topic
	Complete bool                     // the broker proved that it showed everything
	Reasons  []string                 // why it may be incomplete; empty if it is complete
}

// ErrNoScan is returned by Scan if untracked messages cannot be found on the broker.
var ErrNoScan = errors.New("this broker does not show retained messages to wildcard subscriptions")

// Writer publishes retained messages.
type Writer interface {
	Reader
	// Publish sends each message with RETAIN set, pipelined as the broker allows,
	// and calls done once for each index, serially and in any order, with nil
	// once the broker acknowledged it. When ctx is cancelled it sends no more,
	// waits for what is in flight, and calls done with ctx's error for the rest.
	// Publish returns when done has been called for every message.
	Publish(ctx context.Context, batch []mqtt.Message, done func(i int, err error))
}

// Info says who a broker is and what it can do.
type Info struct {
	Identity     string // pinned in the state; see state.Identity
	Address      string // for people: "mqtts://broker.lab:8883"
	Description  string // for people: "mosquitto 2.0.11, MQTT 5"
	Capabilities mqtt.Capabilities
}

// Options are what opening a target needs in addition to its block.
type Options struct {
	// Known returns the recorded message of a topic on the broker with that identity, with the
	// broker's own time of its last write. A target that can list those times reads only what has
	// changed. Known may be nil.
	Known func(identity, topic string) (mqtt.Retained, bool)
	// Log is called with what RETAINCTL_LOG=debug shows. It may be nil.
	Log func(format string, args ...any)
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Parallelism bounds the requests in flight, over MQTT the unacknowledged publishes; 0 lets the
	// target choose.
	Parallelism int
}
