package contract

import (
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/spec"
)

func hold(t *testing.T, address string, s spec.MQTTSettings) {
	s.URL = "mqtt://" + address
	s.Timeout = 30 * time.Second
	brokertest.Run(t, func(t *testing.T) broker.Writer {
		w, err := broker.Open(t.Context(), spec.Broker{Type: "mqtt", Name: "b", Settings: &s}, broker.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return w
	})
}

func TestMosquitto(t *testing.T) { hold(t, startMosquitto(t), spec.MQTTSettings{}) }
func TestNATS(t *testing.T)      { hold(t, startNATS(t), spec.MQTTSettings{Kind: "nats"}) }
func TestRabbitMQ(t *testing.T)  { hold(t, startRabbitMQ(t), spec.MQTTSettings{Kind: "rabbitmq"}) }
func TestEjabberd(t *testing.T) {
	hold(t, startEjabberd(t), spec.MQTTSettings{Kind: "ejabberd", Username: "contract", Password: "any"})
}
func TestAedes(t *testing.T) { hold(t, startAedes(t), spec.MQTTSettings{Kind: "aedes"}) }
