package broker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// TestPoison publishes messages on which mosquitto hangs up among many that it accepts, over one
// connection and over several.
func TestPoison(t *testing.T) {
	for _, connections := range []int{1, 4} {
		for _, qos := range []mqtt.QoS{0, 1, 2} {
			t.Run(fmt.Sprintf("%d connections, QoS %d", connections, qos), func(t *testing.T) {
				m := brokertest.StartMosquitto(t)
				w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + m.Address), Connections: connections})
				defer w.Close()
				batch, topics := make([]mqtt.Message, 500), make([]string, 500)
				for i := range batch {
					topics[i] = fmt.Sprintf("poison/%d", i)
					batch[i] = mqtt.Message{Topic: topics[i], Payload: []byte("x"), QoS: qos}
				}
				poison := []int{0, 250, 251, 499}
				for _, i := range poison {
					batch[i].UserProperties = []mqtt.UserProperty{{Name: "note", Value: "tab\there"}}
				}
				for i, err := range brokertest.Publish(t, t.Context(), w, batch...) {
					bad := slices.Contains(poison, i)
					if bad && (err == nil || !strings.Contains(err.Error(), fmt.Sprintf("hangs up on the message at %q", topics[i]))) || !bad && err != nil {
						t.Errorf("%s: %v", topics[i], err)
					}
				}
				if live := brokertest.Read(t, w, topics...); len(live) != len(batch)-len(poison) {
					t.Errorf("%d live", len(live))
				}
			})
		}
	}
}

// TestHangsUpAlways publishes to a broker that closes every connection after some packets, whatever
// they are: Publish returns, and its outcomes are true.
func TestHangsUpAlways(t *testing.T) {
	address := serveMQTT(t, server.Options{Faults: server.Faults{CloseAfter: 30}})
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + address), Timeout: 5 * time.Second})
	defer w.Close()
	batch := make([]mqtt.Message, 5000)
	for i := range batch {
		batch[i] = mqtt.Message{Topic: fmt.Sprintf("flaky/%d", i), Payload: []byte("x"), QoS: 1}
	}
	began, failed := time.Now(), 0
	for _, err := range brokertest.Publish(t, t.Context(), w, batch...) {
		if err != nil {
			failed++
		}
	}
	if took := time.Since(began); failed == 0 || took > 30*time.Second {
		t.Errorf("%d failed after %s", failed, took)
	}
}

// TestInterruptedBeforeTheSecondTry loses the answer to a message that was stored, and is
// interrupted before it is sent again: the outcome must not say that it was not sent.
func TestInterruptedBeforeTheSecondTry(t *testing.T) {
	const puback = 4
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	cut := false
	proxied := brokertest.StartProxy(t, serveMQTT(t, server.Options{}), func(p *brokertest.Passing) brokertest.Verdict {
		switch {
		case p.ToBroker:
		case p.Raw[0]>>4 == puback && !cut:
			cut = true
			return brokertest.Cut
		case cut: // connected again, and waiting for the pace
			time.AfterFunc(50*time.Millisecond, interrupt)
		}
		return brokertest.Pass
	})
	w := mustOpenMQTT(t, &spec.MQTTSettings{Address: brokertest.At("mqtt://" + proxied), Rate: 0.2})
	defer w.Close()
	err := brokertest.Publish(t, ctx, w, mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 1})[0]
	if !cut || ctx.Err() == nil || err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("cut %v, interrupted %v: %v", cut, ctx.Err() != nil, err)
	}
}
