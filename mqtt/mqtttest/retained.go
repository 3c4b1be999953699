package mqtttest

import (
	"iter"

	"github.com/retainctl/retainctl/mqtt"
)

// Retained is a broker in a map: the retained messages by topic.
type Retained map[string]mqtt.Message

// NewRetained returns a broker that holds the given messages.
func NewRetained(messages ...mqtt.Message) Retained {
	r := Retained{}
	for _, m := range messages {
		r.Publish(m)
	}
	return r
}

// Publish stores a message, or deletes the one at its topic if the payload is empty.
func (r Retained) Publish(m mqtt.Message) {
	if m.IsDeletion() {
		delete(r, m.Topic)
		return
	}
	r[m.Topic] = m
}

// Read returns what a read of the topics shows on a broker with these readable fields. The
// other fields are zero.
func (r Retained) Read(topics iter.Seq[string], readable mqtt.Fields) mqtt.Observation {
	seen := mqtt.Observation{Live: map[string]mqtt.Retained{}, Unread: map[string]error{}}
	for topic := range topics {
		if m, there := r[topic]; there {
			seen.Live[topic] = mqtt.Retained{Message: mqtt.Message{Topic: topic}.With(m, readable)}
		}
	}
	return seen
}
