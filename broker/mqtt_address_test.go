package broker

import (
	"slices"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
)

func TestMQTTAddress(t *testing.T) {
	for _, test := range []struct{ url, shown, identity string }{
		{"mqtt://Broker.Lab", "mqtt://broker.lab:1883", "mqtt:broker.lab:1883"},
		{"mqtts://broker.lab/", "mqtts://broker.lab:8883", "mqtt:broker.lab:8883"},
		{"MQTT://[::1]:1", "mqtt://[::1]:1", "mqtt:[::1]:1"},
		{"ws://broker.lab", "ws://broker.lab:80/mqtt", "mqtt:broker.lab:80"},
		{"wss://broker.lab/mqtt", "wss://broker.lab:443/mqtt", "mqtt:broker.lab:443"},
		{"wss://broker.lab/Tenant%2F1", "wss://broker.lab:443/Tenant%2F1", "mqtt:broker.lab:443/Tenant%2F1"},
		{"unix:///Run/mqtt.sock", "unix:///Run/mqtt.sock", "mqtt:/Run/mqtt.sock"},
	} {
		a, err := parseMQTTURL(test.url)
		if err != nil || a.String() != test.shown || a.identity() != test.identity {
			t.Errorf("%s: %s, %s, %v", test.url, a, a.identity(), err)
		}
	}
}

func TestAWSHost(t *testing.T) {
	for url, want := range map[string][]string{
		"mqtts://a1b2-ats.iot.eu-west-1.amazonaws.com":         nil,
		"mqtts://A1B2-ats.iot.eu-west-1.amazonaws.com:443":     {awsALPN},
		"mqtts://a1b2.ats.iot.cn-north-1.amazonaws.com.cn:443": nil,
		"mqtts://a1b2.iot.cn-north-1.amazonaws.com.cn:443":     {awsALPN},
		"mqtts://broker.lab:443":                               nil,
	} {
		a, err := parseMQTTURL(url)
		if err != nil || !slices.Equal(a.protocols(), want) {
			t.Errorf("%s: %q, %v", url, a.protocols(), err)
		}
		if k, err := kindNamed("auto", a); err != nil || (k.batchTopics == 8) != a.isAWS() || (k.narrow(mqtt.StandardLimits).TopicSlashes == 7) != a.isAWS() {
			t.Errorf("%s: %+v, %v", url, k, err)
		}
	}
}
