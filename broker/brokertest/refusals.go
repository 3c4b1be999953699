package brokertest

import (
	"slices"
	"strings"
	"testing"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/mqtt"
)

// denied publishes messages that are not allowed among others. A broker may acknowledge them,
// unless it declares that its acknowledgement proves storage or the protocol can carry a reason.
// Then reading back shows that they are not stored.
func denied(t *testing.T, w broker.Writer) (without []string) {
	c := w.Info().Capabilities
	tellsWhy := c.AckProvesStorage || c.Limits.Uncarried == 0 // MQTT 5
	batch := []mqtt.Message{
		{Topic: "contract/open/before", Payload: []byte("x"), QoS: 1},
		{Topic: "contract/denied/1", Payload: []byte("x"), QoS: 1},
		{Topic: "contract/open/between", Payload: []byte("x"), QoS: 1},
		{Topic: "contract/denied/2", Payload: []byte("x"), QoS: min(2, c.Limits.MaxQoS)},
		{Topic: "contract/open/after", Payload: []byte("x"), QoS: 1},
	}
	var open []mqtt.Message
	var closed []string
	for i, err := range Publish(t, t.Context(), w, batch...) {
		m := batch[i]
		if !strings.HasPrefix(m.Topic, "contract/denied/") {
			open = append(open, m)
			if err != nil {
				t.Errorf("publish %q: %v", m.Topic, err)
			}
			continue
		}
		closed = append(closed, m.Topic)
		switch {
		case err == nil && tellsWhy:
			t.Errorf("publish %q: done, though it is denied", m.Topic)
		case err == nil:
			without = []string{"acknowledges what it denies; reading back shows that it is not there"}
		case tellsWhy && !names(err, "not authorized", "forbidden"):
			t.Errorf("publish %q: the error does not say that it is denied: %v", m.Topic, err)
		case !tellsWhy && len(without) == 0:
			without = []string{"hangs up on what it denies; the error names the message"}
		}
	}
	holds(t, w, open, closed...)
	return without
}

// quotaExceeded fills a broker. A message without room must fail and not be stored, and a delete
// makes room. A full AWS account does not accept a new payload for an existing message either.
func quotaExceeded(t *testing.T, w broker.Writer) (without []string) {
	var batch []mqtt.Message
	for _, name := range []string{"a", "b", "c", "over", "above"} {
		batch = append(batch, mqtt.Message{Topic: "contract/quota/" + name, Payload: []byte("x"), QoS: 1})
	}
	held, over := batch[:Room], batch[Room:]
	mustPublish(t, w, held...)
	for i, err := range Publish(t, t.Context(), w, over...) {
		if !names(err, "quota") {
			t.Errorf("publish %q beyond the quota: %v", over[i].Topic, err)
		}
	}
	holds(t, w, held, over[0].Topic, over[1].Topic)
	replaced := held[0]
	replaced.Payload = []byte("replaced")
	switch err := Publish(t, t.Context(), w, replaced)[0]; {
	case err == nil:
		held[0] = replaced
	case names(err, "quota"):
		without = []string{"when full, replaces nothing either"}
	default:
		t.Errorf("replace a message of a full broker: %v", err)
	}
	mustPublish(t, w, mqtt.Deletion(held[1].Topic, 1))
	mustPublish(t, w, over[0])
	holds(t, w, []mqtt.Message{held[0], held[2], over[0]}, held[1].Topic, over[1].Topic)
	return without
}

// names reports whether an error contains one of the texts.
func names(err error, words ...string) bool {
	return err != nil && slices.ContainsFunc(words, func(w string) bool {
		return strings.Contains(strings.ToLower(err.Error()), w)
	})
}
