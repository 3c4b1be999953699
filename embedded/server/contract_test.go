package server

import (
	"testing"
	"time"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/spec"
)

// Our client with our server. The tests with mosquitto's clients and broker keep the two from
// sharing a mistake.
func TestContract(t *testing.T) {
	t.Parallel() // it mostly waits
	for _, protocol := range []string{"5", "3.1.1"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			addr, _, _ := serve(t, Options{Log: func(string, ...any) {}})
			brokertest.Run(t, func(t *testing.T) broker.Writer {
				w, err := broker.Open(t.Context(), spec.Broker{
					Type: "mqtt", Name: "lab",
					Settings: &spec.MQTTSettings{Address: brokertest.At("mqtt://" + addr), Protocol: protocol, Kind: "auto", Timeout: 10 * time.Second},
				}, broker.Options{})
				if err != nil {
					t.Fatal(err)
				}
				return w
			})
		})
	}
}
