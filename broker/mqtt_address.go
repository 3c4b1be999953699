package broker

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/retainctl/retainctl/broker/client"
)

// mqttPath is where brokers serve WebSockets unless they were told otherwise.
const mqttPath = "/mqtt"

// mqttAddress is where the argument url leads.
type mqttAddress struct {
	scheme string
	at     string // host:port in lower case, or the path of a Unix socket
	path   string // of a WebSocket
}

// parseMQTTURL reads the argument url, with the port of its scheme where it has
// none.
func parseMQTTURL(raw string) (mqttAddress, error) {
	u, err := url.Parse(raw)
	if err != nil {
		// url.Error repeats the whole URL, which may hold a password.
		return mqttAddress{}, errors.New("the url cannot be parsed: write it as mqtt://HOST:PORT or mqtts://HOST:PORT")
	}
	a := mqttAddress{scheme: u.Scheme}
	port := map[string]string{"mqtt": "1883", "mqtts": "8883", "ws": "80", "wss": "443", "unix": ""}
	usual, known := port[u.Scheme]
	form := u.Scheme + "://HOST:PORT"
	switch {
	case !known:
		return a, fmt.Errorf("the url has the scheme %q: write it as mqtt://HOST:PORT or mqtts://HOST:PORT; ws, wss and unix are the others", u.Scheme)
	case u.User != nil:
		return a, errors.New("the url holds a user name: use the arguments username and password, which are kept out of all output")
	case u.RawQuery != "" || u.Fragment != "":
		return a, errors.New("the url has something after its path: plans show the address, so that no query can stand in it")
	case a.scheme == "unix":
		return unixAddress(u)
	case u.Hostname() == "":
		return a, fmt.Errorf("the url names no host: write it as %s", form)
	}
	if u.Port() != "" {
		usual = u.Port()
	}
	a.at = net.JoinHostPort(strings.ToLower(u.Hostname()), usual)
	switch bare := u.Path == "" || u.Path == "/"; {
	case a.webSocket() && bare:
		a.path = mqttPath
	case a.webSocket():
		a.path = u.EscapedPath()
	case !bare:
		return a, fmt.Errorf("the url has something after its port: write it as %s", form)
	}
	return a, nil
}

func unixAddress(u *url.URL) (mqttAddress, error) {
	if u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		return mqttAddress{}, errors.New("the url names no socket: write it as unix:///path/to/socket, with three slashes")
	}
	return mqttAddress{scheme: u.Scheme, at: u.Path}, nil
}

func (a mqttAddress) webSocket() bool { return a.scheme == "ws" || a.scheme == "wss" }
func (a mqttAddress) secure() bool    { return a.scheme == "mqtts" || a.scheme == "wss" }

// String is the address for people.
func (a mqttAddress) String() string { return a.scheme + "://" + a.at + a.path }

// identity is what state pins. Behind one port several paths may lead to several
// brokers; the usual one is not mentioned.
func (a mqttAddress) identity() string {
	if a.path == mqttPath {
		return "mqtt:" + a.at
	}
	return "mqtt:" + a.at + a.path
}

// options are what the client needs to get there.
func (a mqttAddress) options() client.Options {
	o := client.Options{Address: a.at, WebSocket: a.path}
	if a.scheme == "unix" {
		o.Dial = func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", a.at)
		}
	}
	return o
}

// isAWS tells whether a host is an endpoint of AWS IoT Core, such as
// a1b2-ats.iot.eu-west-1.amazonaws.com. Names of one's own are not recognised.
func (a mqttAddress) isAWS() bool {
	host, _, _ := net.SplitHostPort(a.at)
	host = strings.TrimSuffix(strings.TrimSuffix(host, "."), ".cn")
	labels := strings.Split(host, ".")
	return strings.HasSuffix(host, ".amazonaws.com") && len(labels) == 5 && labels[1] == "iot"
}

// awsALPN is what tells MQTT with a client certificate from HTTP on port 443.
const awsALPN = "x-amzn-mqtt-ca"

// protocols are those to offer in TLS where the block names none.
func (a mqttAddress) protocols() []string {
	if _, port, _ := net.SplitHostPort(a.at); a.isAWS() && a.scheme == "mqtts" && port == "443" {
		return []string{awsALPN}
	}
	return nil
}
