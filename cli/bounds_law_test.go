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

// TestBoundedLaw removes the state before every apply, so that every undeclared live message is
// untracked. An exclusive block leaves those that it excepts and those that are protected, and no
// others. Afterwards nothing is left to do. It does this on every kind of broker.
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
				for topic := range live { // what is neither excepted nor protected is deleted
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

// bounded adds the blocks to a configuration, and the topics that it declares to live. Topics that the
// exclusive block excepts are declared only in the first round, in which there is no such block.
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

// scanned returns the topics that a broker shows.
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
