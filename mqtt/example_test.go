package mqtt_test

import (
	"fmt"

	"github.com/retainctl/retainctl/mqtt"
)

func ExampleMatch() {
	fmt.Println(mqtt.Match("site/+/config", "site/a/config"))
	fmt.Println(mqtt.Match("site/#", "site")) // "#" includes the parent level (4.7.1.2)
	fmt.Println(mqtt.Match("#", "$SYS/broker/version"))
	// Output:
	// true
	// true
	// false
}

func ExampleMessage_Diff() {
	declared := mqtt.Message{Topic: "a", Payload: []byte("on"), QoS: 1, ContentType: "text/plain"}
	live := mqtt.Message{Topic: "a", Payload: []byte("off"), QoS: 1}
	fmt.Println(declared.Diff(live).Names())
	// Output: [payload content_type]
}

func ExampleLimits_Check() {
	for _, v := range mqtt.AWSLimits.Check(mqtt.Message{Topic: "a/b/c/d/e/f/g/h/i", Payload: []byte("1")}) {
		fmt.Println(v.Reason)
	}
	// Output: AWS IoT Core accepts at most 7 slashes in a topic, this one has 8
}
