package client

import (
	"context"
	"fmt"
	"time"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
)

// What a broker sends has bounds here and not in the CONNECT: a broker withholds what exceeds an
// announced Maximum Packet Size without a word (MQTT-3.1.2-25), and its topic would read as absent.
const (
	// longestPublish is the body of the longest PUBLISH that is read: the longest payload, with room
	// for topic and properties. Of a longer one only the topic is read.
	longestPublish = mqtt.MaxPayloadBytes + 1<<20
	// longestPacket holds for all other packets, of which a SUBACK with its reasons is the longest.
	longestPacket = 1 << 20
	// readingBytes bounds the messages of one Read or Scan together.
	readingBytes = 2 << 30
	// packetOverhead and topicOverhead are about what a packet or a message takes in addition to its
	// own bytes.
	packetOverhead, topicOverhead = 512, 256
	// scanTime bounds a Scan, which ends when the broker has shown everything: only a broker that
	// never does takes this long.
	scanTime = time.Hour
)

// readingTime bounds a Read of n topics, whatever the broker answers meanwhile. A broker that takes a
// second for each topic, and shows each of them only just in time, stays within it.
func (c *Client) readingTime(n int) time.Duration {
	return 10*(c.o.Timeout+max(c.quiet, c.late)) + time.Duration(n)*time.Second
}

func floodError(o Options) error {
	return fmt.Errorf("broker %s sent more than %d MiB that nothing asked for, so the connection was closed",
		o.Address, inboxBytes>>20)
}

// longError is why a topic is unread whose message is too long.
type longError struct{ size int }

func (e *longError) Error() string {
	return fmt.Sprintf("its message has about %d bytes, and only messages of up to %d MiB are read: delete it with "+
		"another client if it is not meant to be there", e.size, mqtt.MaxPayloadBytes>>20)
}

// wait waits for packets until the given time, or until the reading ends because it may take no longer.
func (r *reading) wait(ctx context.Context, until time.Time) ([]wire.Packet, error) {
	if !time.Now().Before(r.deadline) {
		r.c.fail(fmt.Errorf("broker %s keeps answering, and yet the read did not end within %s",
			r.c.o.Address, r.allowed.Round(time.Second)))
		return nil, r.c.Err()
	}
	packets, err := r.c.inbox.wait(ctx.Done(), until)
	if err == nil {
		err = ctx.Err()
	}
	return packets, err
}

// fits counts what is live against readingBytes, and fails if it exceeds that.
func (r *reading) fits() error {
	if r.bytes <= readingBytes {
		return nil
	}
	r.c.fail(fmt.Errorf("broker %s shows more than %d GiB of messages at once: read fewer of them, with -target or "+
		"narrower filters", r.c.o.Address, readingBytes>>30))
	return r.c.Err()
}

// weight returns about how many bytes a message takes.
func weight(m mqtt.Message) int {
	return topicOverhead + len(m.Topic) + len(m.Payload) + m.UserPropertyBytes() + topicOverhead/4*len(m.UserProperties)
}

// keep notes that a message is live, or that it is too long to be read. It reports whether that is new.
func (r *reading) keep(p *wire.Publish) bool {
	topic := p.Message.Topic
	known := r.drop(topic) || r.cleared[topic]
	if p.Skipped > 0 {
		r.obs.Unread[topic] = &longError{p.Skipped}
	} else {
		r.obs.Live[topic] = mqtt.Retained{Message: p.Message}
		r.bytes += weight(p.Message)
	}
	return !known
}

// clear notes that a message was deleted. If it comes back, that is nothing new: a broker that sends
// both in turn makes no progress.
func (r *reading) clear(topic string) {
	if r.drop(topic) {
		r.cleared[topic] = true
		r.bytes += topicOverhead + len(topic)
	}
}

// drop forgets what is known of a topic's message, and reports whether it was there.
func (r *reading) drop(topic string) bool {
	m, live := r.obs.Live[topic]
	if live {
		delete(r.obs.Live, topic)
		r.bytes -= weight(m.Message)
	}
	long := r.isLong(topic)
	if long {
		delete(r.obs.Unread, topic)
	}
	return live || long
}

// isLong reports whether a topic is unread because its message is too long.
func (r *reading) isLong(topic string) bool {
	_, long := r.obs.Unread[topic].(*longError)
	return long
}
