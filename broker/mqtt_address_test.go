package broker

import (
	"slices"
	"testing"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

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
