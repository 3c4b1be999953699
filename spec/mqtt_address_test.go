package spec

import (
	"strings"
	"testing"
)

func TestParseMQTTAddress(t *testing.T) {
	for url, want := range map[string]string{
		"mqtt://Broker.Lab":           "mqtt://broker.lab:1883",
		"mqtts://broker.lab/":         "mqtts://broker.lab:8883",
		"mqtts://broker.lab:08883":    "mqtts://broker.lab:8883",
		"MQTT://[::1]:1":              "mqtt://[::1]:1",
		"ws://broker.lab":             "ws://broker.lab:80/mqtt",
		"wss://broker.lab/mqtt":       "wss://broker.lab:443/mqtt",
		"wss://broker.lab/Tenant%2F1": "wss://broker.lab:443/Tenant%2F1",
		"unix:///Run/mqtt.sock":       "unix:///Run/mqtt.sock",
	} {
		if a, err := ParseMQTTAddress(url); err != nil || a.String() != want {
			t.Errorf("%s: %s, %v", url, a, err)
		}
	}
	for url, want := range map[string]string{
		"":                              "no scheme",
		"mqtt://":                       "no host",
		"mqtt://:1883":                  "no host",
		"mqtt:broker.lab":               "no host",
		"http://h":                      `no scheme "http"`,
		"mqt://h":                       `Did you mean "mqtt"?`,
		"mqtt://h:x":                    "cannot be understood",
		"mqtt://u:hunter2@h:x":          "cannot be understood",
		"mqtt://h:0":                    "from 1 to 65535",
		"ws://h:65536/mqtt":             "from 1 to 65535",
		"mqtt://u:hunter2@h":            "arguments username and password",
		"unix://u:hunter2@/run/mqtt":    "arguments username and password",
		"mqtt://h/a":                    "after the port",
		"mqtt://h//":                    "after the port",
		"wss://h/mqtt?X-Amz-Sign=t0ken": "a query",
		"mqtt://h#a":                    "a query",
		"unix:///run/mqtt?a":            "a query",
		"unix://run/mqtt":               "three slashes",
		"unix:run/mqtt":                 "three slashes",
		"unix:///":                      "three slashes",
	} {
		_, err := ParseMQTTAddress(url)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		} else if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "t0ken") {
			t.Errorf("a secret is in %v", err)
		}
	}
}

func TestMQTTPlace(t *testing.T) {
	for url, want := range map[string]string{
		"mqtt://Broker.Lab":           "broker.lab:1883",
		"mqtts://broker.lab/":         "broker.lab:8883",
		"MQTT://[::1]:1":              "[::1]:1",
		"ws://broker.lab":             "broker.lab:80",
		"wss://broker.lab/mqtt":       "broker.lab:443",
		"wss://broker.lab/Tenant%2F1": "broker.lab:443/Tenant%2F1",
		"unix:///Run/mqtt.sock":       "/Run/mqtt.sock",
		"unix:///mqtt":                "/mqtt",
	} {
		if a, err := ParseMQTTAddress(url); err != nil || a.Place() != want {
			t.Errorf("%s: %s, %v", url, a.Place(), err)
		}
	}
}
