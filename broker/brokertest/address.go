package brokertest

import "github.com/retainctl/retainctl/spec"

// At parses the url of a test's broker.
func At(url string) spec.MQTTAddress {
	a, err := spec.ParseMQTTAddress(url)
	if err != nil {
		panic(err)
	}
	return a
}
