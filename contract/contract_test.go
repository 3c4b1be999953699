package contract

import (
	"slices"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

func TestEmbedded(t *testing.T) {
	hold(t, "embedded", embedded())
}

func TestOurBroker(t *testing.T) {
	t.Parallel()
	hold(t, "retainctl broker", overMQTT(startOurs(t), spec.MQTTSettings{}))
}

// TestAWS is paced in its Gets as AWS is, and sets the environment, so it runs
// before the parallel ones.
func TestAWS(t *testing.T) {
	hold(t, "retainctl broker, AWS", overAWS(startAWS(t)))
}

func TestMosquitto(t *testing.T) {
	t.Parallel()
	holdKind(t, "mosquitto 2.0.11", "mosquitto", startMosquitto(t), spec.MQTTSettings{})
}

func TestNATS(t *testing.T) {
	t.Parallel()
	holdKind(t, "NATS 2.15.2", "nats", startNATS(t), spec.MQTTSettings{})
}

func TestRabbitMQ(t *testing.T) {
	t.Parallel()
	holdKind(t, "RabbitMQ 3.10.8", "rabbitmq", startRabbitMQ(t), spec.MQTTSettings{})
}

// TestEjabberd has a password: without one ejabberd asks for a certificate, also
// where it lets everybody in.
func TestEjabberd(t *testing.T) {
	t.Parallel()
	holdKind(t, "ejabberd 23.01", "ejabberd", startEjabberd(t), spec.MQTTSettings{Username: "contract", Password: "any"})
}

func TestAedes(t *testing.T) {
	t.Parallel()
	holdKind(t, "aedes 1.2.0", "aedes", startAedes(t), spec.MQTTSettings{})
}

func hold(t *testing.T, name string, open func(*testing.T) broker.Writer) {
	outcomes := brokertest.Run(t, open)
	results.add(name, outcomes)
}

// holdKind holds a broker to the contract as the kind that it is, and the limits
// that are declared for the kind to the broker.
func holdKind(t *testing.T, name, kind, address string, s spec.MQTTSettings) {
	s.Kind = kind
	outcomes := brokertest.Run(t, overMQTT(address, s))
	declared := brokertest.Outcome{Case: "limits are real"}
	declared.Passed = t.Run(declared.Case, func(t *testing.T) { limitsAreReal(t, address, s) })
	results.add(name, append(outcomes, declared))
}

func overMQTT(address string, s spec.MQTTSettings) func(*testing.T) broker.Writer {
	s.Address, s.Timeout = brokertest.At("mqtt://"+address), 30*time.Second
	return func(t *testing.T) broker.Writer { return open(t, spec.Broker{Type: "mqtt", Settings: &s}) }
}

func open(t *testing.T, b spec.Broker) broker.Writer {
	t.Helper()
	b.Name = "b"
	w, err := broker.Open(t.Context(), b, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// limitsAreReal sends what the kind's limits forbid as to a broker of no known
// kind: a limit that the broker does not have would keep people from what works.
func limitsAreReal(t *testing.T, address string, s spec.MQTTSettings) {
	known := overMQTT(address, s)(t)
	limits := known.Info().Capabilities.Limits
	known.Close()
	s.Kind = "other"
	var batch, plain []mqtt.Message
	for _, topic := range brokertest.OddTopics() {
		batch = append(batch, mqtt.Message{Topic: topic, Payload: []byte("beyond the limits"), QoS: 1})
	}
	if limits.PayloadBytes < 2<<20 {
		batch = append(batch, mqtt.Message{Topic: "contract/large", Payload: make([]byte, limits.PayloadBytes+1), QoS: 1})
	}
	batch = slices.DeleteFunc(batch, func(m mqtt.Message) bool {
		if len(limits.Check(m)) > 0 {
			return false
		}
		plain = append(plain, m)
		return true
	})
	for _, m := range batch {
		if works(t, overMQTT(address, s), m, plain) {
			t.Errorf("%.40q works, against the declared limit: %s", m.Topic, limits.Check(m)[0].Reason)
		}
	}
}

// works tells whether a message can be published and read back among others that
// are published after it, on a connection of its own, since the broker may hang
// up.
func works(t *testing.T, open func(*testing.T) broker.Writer, m mqtt.Message, others []mqtt.Message) bool {
	w := open(t)
	defer w.Close()
	if brokertest.Publish(t, t.Context(), w, append([]mqtt.Message{m}, others...)...)[0] != nil {
		return false
	}
	topics := []string{m.Topic}
	for _, o := range others {
		topics = append(topics, o.Topic)
	}
	seen, err := w.Read(t.Context(), topics)
	_, live := seen.Live[m.Topic]
	return err == nil && live
}
