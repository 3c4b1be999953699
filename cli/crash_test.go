package cli_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/cli/crashtest"
)

// TestKilledAnywhere kills the program at random times of its applies, on each kind of broker.
// RETAINCTL_TEST_KILLS is the number of kills in all; make test-crash kills 300 times.
func TestKilledAnywhere(t *testing.T) {
	kills := 30
	if n, err := strconv.Atoi(os.Getenv("RETAINCTL_TEST_KILLS")); err == nil {
		kills = n
	}
	served, _ := crashtest.StartBroker(t, "retainctl")
	received, aws := crashtest.StartBroker(t, "retainctl")
	mosquitto := brokertest.StartMosquitto(t, "allow_anonymous true", "max_queued_messages 0").Address
	block := func(kind string, arguments map[string]any) map[string]any {
		return map[string]any{kind: map[string]any{"b": arguments}}
	}
	benches := map[string]crashtest.Bench{
		// For an unknown kind of broker, the client would wait longer.
		"served":    {Port: served, MaxQoS: 2, Broker: block("mqtt", map[string]any{"url": "mqtt://" + served, "kind": "mosquitto"})},
		"mosquitto": {Untracked: true, Port: mosquitto, MaxQoS: 2, Broker: block("mqtt", map[string]any{"url": "mqtt://" + mosquitto})},
		"aws":       {Untracked: true, Port: received, MaxQoS: 1, Broker: block("aws_iot", map[string]any{"region": "eu-west-1", "endpoint": "http://" + aws})},
	}
	for name, b := range benches {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b.Bin, b.Kills = "retainctl", (kills+len(benches)-1)/len(benches)
			b.Env = []string{"AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_EC2_METADATA_DISABLED=true"}
			crashtest.Run(t, b)
		})
	}
}
