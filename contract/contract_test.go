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
	runContract(t, "embedded", brokertest.Suite{Open: openEmbedded()})
}

func TestOurBroker(t *testing.T) {
	t.Parallel()
	open := func(o ours.Options) brokertest.Open { return openMQTT(startOurs(t, o), spec.MQTTSettings{}) }
	address := startOurs(t, ours.Options{})
	runContract(t, "retainctl broker", brokertest.Suite{
		Open:    openMQTT(address, spec.MQTTSettings{}),
		Denied:  open(ours.Options{Deny: []string{"contract/denied/#"}}),
		Full:    open(ours.Options{Quota: brokertest.Room}),
		Address: address, Over: dialMQTT(spec.MQTTSettings{Protocol: "5"}),
	})
}

// TestAWS has AWS's pace of Gets: 20,000 messages and the read after each publish take 90 s.
func TestAWS(t *testing.T) {
	t.Parallel()
	open := func(o ours.Options) brokertest.Open { return openAWS(startAWS(t, o)) }
	endpoint := startAWS(t, ours.Options{})
	runContract(t, "retainctl broker, AWS", brokertest.Suite{
		Open:    openAWS(endpoint),
		Denied:  open(ours.Options{Deny: []string{"contract/denied/#"}}),
		Full:    open(ours.Options{Quota: brokertest.Room}),
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
			acl := writeFile(t, filepath.Join(t.TempDir(), "acl"),
				"topic read #\ntopic read $SYS/#\ntopic write contract/open/#\n")
			runKind(t, name, startMosquitto(t), s, brokertest.Suite{
				Denied:    openMQTT(startMosquitto(t, "allow_anonymous true", "acl_file "+acl), s),
				Announces: brokertest.AnnouncingMosquittos(t),
			})
		})
	}
}

func TestNATS(t *testing.T) {
	t.Parallel()
	user := spec.MQTTSettings{Kind: "nats", Username: "contract", Password: "any", Protocol: "3.1.1"}
	runKind(t, "NATS 2.15.2", startNATS(t), spec.MQTTSettings{Kind: "nats", Protocol: "3.1.1"}, brokertest.Suite{
		Denied: openMQTT(startNATS(t, denied(user)), user),
	})
}

func TestRabbitMQ(t *testing.T) {
	t.Parallel()
	s := spec.MQTTSettings{Kind: "rabbitmq", Protocol: "3.1.1"}
	runKind(t, "RabbitMQ 3.10.8", startRabbitMQ(t, ""), s, brokertest.Suite{
		Denied: openMQTT(startRabbitMQ(t, rabbitDenies), s),
	})
}

// TestEjabberd uses a password: without one ejabberd asks for a certificate, even if everybody may
// connect.
func TestEjabberd(t *testing.T) {
	t.Parallel()
	s := spec.MQTTSettings{Kind: "ejabberd", Protocol: "5", Username: "contract", Password: "any"}
	runKind(t, "ejabberd 23.01", startEjabberd(t, "#"), s, brokertest.Suite{
		Denied: openMQTT(startEjabberd(t, "contract/open/#"), s),
	})
}

// TestAedes uses fewer messages: aedes searches all of them for each topic, which takes 3 ms and
// more.
func TestAedes(t *testing.T) {
	t.Parallel()
	user := spec.MQTTSettings{Kind: "aedes", Protocol: "3.1.1", Username: "contract", Password: "any"}
	runKind(t, "aedes 1.2.0", startAedes(t), spec.MQTTSettings{Kind: "aedes", Protocol: "3.1.1"}, brokertest.Suite{
		Many:   5_000,
		Denied: openMQTT(startAedes(t, "--credentials", aedesUser(t, user)), user),
	})
}

// runContract runs the suite and adds its outcomes to the table.
func runContract(t *testing.T, name string, s brokertest.Suite) {
	s.Many = cmp.Or(s.Many, many)
	outcomes := s.Run(t)
	results.add(name, outcomes)
}

// runKind checks that a broker fulfils the contract as its kind, and that the limits that are
// declared for the kind are the broker's.
func runKind(t *testing.T, name, address string, settings spec.MQTTSettings, s brokertest.Suite) {
	s.Open, s.Many = openMQTT(address, settings), cmp.Or(s.Many, many)
	s.Address, s.Over = address, dialMQTT(settings)
	outcomes := s.Run(t)
	declared := brokertest.Outcome{Case: "limits are real", Tried: true}
	declared.Passed = t.Run(declared.Case, func(t *testing.T) { checkLimits(t, address, settings) })
	results.add(name, append(outcomes, declared))
}

func openMQTT(address string, s spec.MQTTSettings) brokertest.Open {
	return func(t *testing.T) broker.Writer {
		w, err := dialMQTT(s)(t, address)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
}

// dialMQTT returns a function that opens the target at another address.
func dialMQTT(s spec.MQTTSettings) func(*testing.T, string) (broker.Writer, error) {
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

// checkLimits sends messages that the kind's limits forbid, as to a broker of unknown kind: a
// limit that the broker does not have would forbid what works.
func checkLimits(t *testing.T, address string, s spec.MQTTSettings) {
	known := openMQTT(address, s)(t)
	limits := known.Info().Capabilities.Limits
	known.Close()
	s.Kind = "other"
	var beyond, within []mqtt.Message
	for _, topic := range brokertest.OddTopics() {
		beyond = append(beyond, mqtt.Message{Topic: topic, Payload: []byte("beyond the limits"), QoS: 1})
	}
	if limits.PayloadBytes < 2<<20 {
		large := make([]byte, limits.PayloadBytes+1)
		beyond = append(beyond, mqtt.Message{Topic: "contract/large", Payload: large, QoS: 1})
	}
	beyond = slices.DeleteFunc(beyond, func(m mqtt.Message) bool {
		if len(limits.Check(m)) > 0 {
			return false
		}
		within = append(within, m)
		return true
	})
	for _, m := range beyond {
		if works(t, openMQTT(address, s), m, within) {
			t.Errorf("%.40q works, contrary to the declared limit: %s", m.Topic, limits.Check(m)[0].Reason)
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
