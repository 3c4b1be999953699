package cli_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/retainctl/retainctl/broker"
	"github.com/retainctl/retainctl/broker/brokertest"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// TestBoundedLaw loses the state before every apply, so that whatever is live is a
// stranger where it is not declared. Of these an exclusive block leaves what it
// excepts and what is protected, and nothing else; then nothing is left to do. On
// every broker.
func TestBoundedLaw(t *testing.T) {
	url := serveMQTT(t)
	aws := serveAWS(t)
	lab := brokertest.StartMosquitto(t).Address
	file := filepath.Join(t.TempDir(), "broker.db")
	for name, on := range map[string]struct {
		target
		typ      string
		settings spec.BrokerSettings
	}{
		"embedded":  {target{map[string]any{"embedded": map[string]any{"b": map[string]any{"path": file}}}, 2}, "embedded", &spec.EmbeddedSettings{Path: file}},
		"served":    {target{map[string]any{"mqtt": map[string]any{"b": map[string]any{"url": "mqtt://" + url}}}, 2}, "mqtt", &spec.MQTTSettings{Address: brokertest.At("mqtt://" + url)}},
		"aws":       {target{map[string]any{"aws_iot": map[string]any{"b": map[string]any{"region": "eu-west-1", "endpoint": "http://" + aws}}}, 1}, "aws_iot", &spec.AWSIoTSettings{Region: "eu-west-1", Endpoint: "http://" + aws}},
		"mosquitto": {target{map[string]any{"mqtt": map[string]any{"b": map[string]any{"url": "mqtt://" + lab}}}, 2}, "mqtt", &spec.MQTTSettings{Address: brokertest.At("mqtt://" + lab)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, live := t.TempDir(), map[string]bool{}
			for round := range 4 {
				os.Remove(filepath.Join(dir, "retain.state.json"))
				for topic := range live { // what the blocks do not speak of goes
					if !mqtt.Match("law/ünï/#", topic) && !mqtt.Match("law/a b/#", topic) {
						delete(live, topic)
					}
				}
				configuration := bounded(t, configurations(on.target).Example(round+len(name)), live)
				write(t, filepath.Join(dir, "main.retain.json"), configuration)
				if out, code := retainctl(dir, "apply", "-auto-approve", "-overwrite-unmanaged", "-max-deletes=100%"); code != 0 {
					t.Fatalf("apply exits with %d\n%s\n%s", code, configuration, out)
				}
				if out, code := retainctl(dir, "plan", "-detailed-exitcode"); code != 0 || !strings.Contains(out, "No changes.") {
					t.Fatalf("the plan after it exits with %d\n%s\n%s", code, configuration, out)
				}
				if diff := cmp.Diff(slices.Sorted(maps.Keys(live)), scanned(t, spec.Broker{Name: "b", Type: on.typ, Settings: on.settings})); diff != "" {
					t.Fatalf("live in round %d (-want +got):\n%s", round, diff)
				}
			}
		})
	}
}

// bounded adds the blocks to a configuration, and what it declares to live. A topic
// that the exclusive block excepts is declared only where no such block stands yet:
// in the first round.
func bounded(t *testing.T, configuration []byte, live map[string]bool) []byte {
	var c map[string]map[string]map[string]any
	if err := json.Unmarshal(configuration, &c); err != nil {
		t.Fatal(err)
	}
	first := len(live) == 0
	for label, m := range c["message"] {
		topic := m["topic"].(string)
		if !first && mqtt.Match("law/ünï/#", topic) {
			delete(c["message"], label)
			continue
		}
		live[topic] = true
	}
	if !first {
		c["exclusive"] = map[string]map[string]any{"law": {"filter": "law/#", "except": []string{"law/ünï/#"}}}
		c["protect"] = map[string]map[string]any{"law": {"filter": "law/a b/#"}}
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// scanned gives the topics that a broker shows.
func scanned(t *testing.T, b spec.Broker) []string {
	r, err := broker.OpenReader(t.Context(), b, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	found, err := r.(broker.Scanner).Scan(t.Context(), []string{"law/#"})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(found.Live))
}
