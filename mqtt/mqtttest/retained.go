// Package mqtttest is what tests of several packages share: a message with every field in the
// table of package mqtt, and a broker's memory for tests of the packages that plan and apply.
package mqtttest

import (
	"iter"

	"github.com/retainctl/retainctl/mqtt"
)

// Retained is a broker in a map: the message that it keeps at each topic.
type Retained map[string]mqtt.Message

// NewRetained keeps these messages.
func NewRetained(messages ...mqtt.Message) Retained {
	r := Retained{}
	for _, m := range messages {
		r.Publish(m)
	}
	return r
}

// Publish stores a message; one without a payload deletes, as on a broker.
func (r Retained) Publish(m mqtt.Message) {
	if m.IsDeletion() {
		delete(r, m.Topic)
		return
	}
	r[m.Topic] = m
}

// Read reads the topics on a broker that shows these fields only: the others are zero.
func (r Retained) Read(topics iter.Seq[string], readable mqtt.Fields) mqtt.Observation {
	seen := mqtt.Observation{Live: map[string]mqtt.Retained{}, Unread: map[string]error{}}
	for topic := range topics {
		if m, there := r[topic]; there {
			seen.Live[topic] = mqtt.Retained{Message: mqtt.Message{Topic: topic}.With(m, readable)}
		}
	}
	return seen
}
