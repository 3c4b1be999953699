package broker

import (
	"slices"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

func TestMQTTIdentity(t *testing.T) {
	for url, want := range map[string]string{
		"mqtt://Broker.Lab":           "mqtt:broker.lab:1883",
		"mqtts://broker.lab/":         "mqtt:broker.lab:8883",
		"MQTT://[::1]:1":              "mqtt:[::1]:1",
		"ws://broker.lab":             "mqtt:broker.lab:80",
		"wss://broker.lab/mqtt":       "mqtt:broker.lab:443",
		"wss://broker.lab/Tenant%2F1": "mqtt:broker.lab:443/Tenant%2F1",
		"unix:///Run/mqtt.sock":       "mqtt:/Run/mqtt.sock",
		"unix:///mqtt":                "mqtt:/mqtt",
	} {
		if a, err := spec.ParseMQTTAddress(url); err != nil || mqttIdentity(a) != want {
			t.Errorf("%s: %s, %v", url, mqttIdentity(a), err)
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
		a, err := spec.ParseMQTTAddress(url)
		if err != nil || !slices.Equal(usualALPN(a), want) {
			t.Errorf("%s: %q, %v", url, usualALPN(a), err)
		}
		if k := kindNamed("auto", a); (k.batchTopics == 8) != isAWS(a.Host) || (k.narrow(mqtt.StandardLimits).TopicSlashes == 7) != isAWS(a.Host) {
			t.Errorf("%s: %+v", url, k)
		}
	}
}
