package contract

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	ours "github.com/retainctl/retainctl/embedded/server"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// many is the number of messages that are written and read back at once.
const many = 20_000

func TestEmbedded(t *testing.T) {
	hold(t, "embedded", brokertest.Suite{Open: embedded()})
}

func TestOurBroker(t *testing.T) {
	t.Parallel()
	over := func(o ours.Options) brokertest.Open { return overMQTT(startOurs(t, o), spec.MQTTSettings{}) }
	address := startOurs(t, ours.Options{})
	hold(t, "retainctl broker", brokertest.Suite{
		Open:    overMQTT(address, spec.MQTTSettings{}),
		Denied:  over(ours.Options{Deny: []string{"contract/denied/#"}}),
		Full:    over(ours.Options{Quota: brokertest.Room}),
		Address: address, Over: through(spec.MQTTSettings{Protocol: "5"}),
	})
}

// TestAWS has AWS's pace of Gets: 20,000 messages and the read after each publish take 90 s.
func TestAWS(t *testing.T) {
	t.Parallel()
	over := func(o ours.Options) brokertest.Open { return overAWS(startAWS(t, o)) }
	endpoint := startAWS(t, ours.Options{})
	hold(t, "retainctl broker, AWS", brokertest.Suite{
		Open:    overAWS(endpoint),
		Denied:  over(ours.Options{Deny: []string{"contract/denied/#"}}),
		Full:    over(ours.Options{Quota: brokertest.Room}),
		Address: strings.TrimPrefix(endpoint, "http://"), Stream: true, OneCut: true,
		Over: func(t *testing.T, address string) (broker.Writer, error) {
			return broker.Open(t.Context(), awsBlock("http://"+address), broker.Options{})
		},
	})
}

func TestMosquitto(t *testing.T) {
	t.Parallel()
	for name, protocol := range map[string]string{"mosquitto 2.0.11": "5", "the same, MQTT 3.1.1": "3.1.1"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := spec.MQTTSettings{Kind: "mosquitto", Protocol: protocol}
			acl := writeFile(t, filepath.Join(t.TempDir(), "acl"), "topic read #\ntopic read $SYS/#\ntopic write contract/open/#\n")
			holdKind(t, name, startMosquitto(t), s, brokertest.Suite{
				Denied:    overMQTT(startMosquitto(t, "allow_anonymous true", "acl_file "+acl), s),
				Announces: brokertest.AnnouncingMosquittos(t),
			})
		})
	}
}

func TestNATS(t *testing.T) {
	t.Parallel()
	user := spec.MQTTSettings{Kind: "nats", Username: "contract", Password: "any", Protocol: "3.1.1"}
	holdKind(t, "NATS 2.15.2", startNATS(t), spec.MQTTSettings{Kind: "nats", Protocol: "3.1.1"}, brokertest.Suite{
		Denied: overMQTT(startNATS(t, denied(user)), user),
	})
}

func TestRabbitMQ(t *testing.T) {
	t.Parallel()
	s := spec.MQTTSettings{Kind: "rabbitmq", Protocol: "3.1.1"}
	holdKind(t, "RabbitMQ 3.10.8", startRabbitMQ(t, ""), s, brokertest.Suite{
		Denied: overMQTT(startRabbitMQ(t, rabbitDenies), s),
	})
}

// TestEjabberd uses a password: without one ejabberd asks for a certificate, even if everybody may
// connect.
func TestEjabberd(t *testing.T) {
	t.Parallel()
	s := spec.MQTTSettings{Kind: "ejabberd", Protocol: "5", Username: "contract", Password: "any"}
	holdKind(t, "ejabberd 23.01", startEjabberd(t, "#"), s, brokertest.Suite{
		Denied: overMQTT(startEjabberd(t, "contract/open/#"), s),
	})
}

// TestAedes uses fewer messages: aedes searches all of them for each topic, which takes 3 ms and
// more.
func TestAedes(t *testing.T) {
	t.Parallel()
	user := spec.MQTTSettings{Kind: "aedes", Protocol: "3.1.1", Username: "contract", Password: "any"}
	holdKind(t, "aedes 1.2.0", startAedes(t), spec.MQTTSettings{Kind: "aedes", Protocol: "3.1.1"}, brokertest.Suite{
		Many:   5_000,
		Denied: overMQTT(startAedes(t, "--credentials", aedesUser(t, user)), user),
	})
}

func hold(t *testing.T, name string, s brokertest.Suite) {
	s.Many = cmp.Or(s.Many, many)
	outcomes := s.Run(t)
	results.add(name, outcomes)
}

// holdKind checks that a broker fulfils the contract as its kind, and that the limits that are
// declared for the kind are the broker's.
func holdKind(t *testing.T, name, address string, settings spec.MQTTSettings, s brokertest.Suite) {
	s.Open, s.Many = overMQTT(address, settings), cmp.Or(s.Many, many)
	s.Address, s.Over = address, through(settings)
	outcomes := s.Run(t)
	declared := brokertest.Outcome{Case: "limits are real", Tried: true}
	declared.Passed = t.Run(declared.Case, func(t *testing.T) { limitsAreReal(t, address, settings) })
	results.add(name, append(outcomes, declared))
}

func overMQTT(address string, s spec.MQTTSettings) brokertest.Open {
	return func(t *testing.T) broker.Writer {
		w, err := through(s)(t, address)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
}

// through returns a function that opens the target at another address.
func through(s spec.MQTTSettings) func(*testing.T, string) (broker.Writer, error) {
	return func(t *testing.T, address string) (broker.Writer, error) {
		s.Address, s.Timeout = brokertest.At("mqtt://"+address), 30*time.Second
		return broker.Open(t.Context(), spec.Broker{Type: "mqtt", Name: "b", Settings: &s}, broker.Options{})
	}
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

// limitsAreReal sends messages that the kind's limits forbid, as to a broker of unknown kind: a
// limit that the broker does not have would forbid what works.
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

// works reports whether a message can be published and read back among others that are published
// after it. It uses a new connection, because the broker may hang up.
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
