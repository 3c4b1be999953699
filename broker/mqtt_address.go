package broker

import (
	"context"
	"net"
	"strings"

	"github.com/retainctl/retainctl/broker/client"
	"github.com/retainctl/retainctl/spec"
)

// clientOptions returns what the client needs to connect.
func clientOptions(a spec.MQTTAddress) client.Options {
	o := client.Options{Address: a.Dialed()}
	if a.WebSocket() {
		o.WebSocket = a.Path
	}
	if a.Scheme == "unix" {
		o.Dial = func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", a.Path)
		}
	}
	return o
}

// isAWS reports whether a host is an endpoint of AWS IoT Core, such as
// a1b2-ats.iot.eu-west-1.amazonaws.com. Custom domains are not recognised.
func isAWS(host string) bool {
	host = strings.TrimSuffix(strings.TrimSuffix(host, "."), ".cn")
	labels := strings.Split(host, ".")
	return strings.HasSuffix(host, ".amazonaws.com") && len(labels) == 5 && labels[1] == "iot"
}

// awsALPN distinguishes MQTT with a client certificate from HTTP on port 443.
const awsALPN = "x-amzn-mqtt-ca"

// usualALPN returns the protocols to offer in TLS if the block names none.
func usualALPN(a spec.MQTTAddress) []string {
	if isAWS(a.Host) && a.Scheme == "mqtts" && a.Port == "443" {
		return []string{awsALPN}
	}
	return nil
}
