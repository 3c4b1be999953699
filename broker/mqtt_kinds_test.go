package broker_test

import (
	"strings"
	"testing"

	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// TestMQTTKindLimits checks that a message which a kind of broker does not accept is never sent,
// and that the rest of the batch is.
func TestMQTTKindLimits(t *testing.T) {
	m := brokertest.StartMosquitto(t)
	for kind, topics := range map[string][]string{
		"mosquitto": {"a\x01b", "a\u0085", "a\ufdd0", strings.Repeat("a/", 200) + "a/"},
		"auto":      {"a\x01b"}, // the broker says what it is
		"nats":      {"a b", "a\x0c", strings.Repeat("a", 65_469)},
		"rabbitmq":  {"a.b", "*"},
		"ejabberd":  {"a/", "1/2/3/4/5/6/7/8/9"},
		"aedes":     {strings.Repeat("a/", 100) + "a"},
	} {
		w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address), Kind: kind})
		good := mqtt.Message{Topic: "good/" + kind, Payload: []byte("x"), QoS: 1}
		batch := []mqtt.Message{good}
		for _, topic := range topics {
			batch = append(batch, mqtt.Message{Topic: topic, Payload: []byte("x"), QoS: 1})
		}
		for i, err := range brokertest.Publish(t, t.Context(), w, append(batch, good)...) {
			switch refused := i > 0 && i < len(batch); {
			case refused && (err == nil || !strings.HasPrefix(err.Error(), "not sent: ")):
				t.Errorf("%s: publish %.20q: %v", kind, batch[i].Topic, err)
			case !refused && err != nil:
				t.Errorf("%s: %v", kind, err)
			}
		}
		if live := brokertest.Read(t, w, good.Topic); len(live) != 1 {
			t.Errorf("%s: %d live", kind, len(live))
		}
		w.Close()
	}
}
