package spec

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/retainctl/retainctl/spec/diag"
)

// MQTTAddress is where the url of a broker "mqtt" block leads.
type MQTTAddress struct {
	Scheme string // mqtt, mqtts, ws, wss or unix
	Host   string // in lower case; none of a Unix socket
	Port   string // that of the scheme where the url has none
	Path   string // of a WebSocket, or of a Unix socket
}

// UsualMQTTPath is where brokers serve WebSockets unless they were told otherwise.
const UsualMQTTPath = "/mqtt"

// ParseMQTTAddress reads a url. Plans show it, so that neither a password nor a
// query, which may be a signature, can stand in it.
func ParseMQTTAddress(text string) (MQTTAddress, error) {
	u, err := url.Parse(text)
	if err != nil {
		// url.Error repeats the whole URL, which may hold a password.
		return MQTTAddress{}, errors.New("it cannot be understood as an address; write mqtts://HOST:PORT")
	}
	a := MQTTAddress{Scheme: u.Scheme, Host: strings.ToLower(u.Hostname()), Port: u.Port()}
	schemes := []string{"mqtt", "mqtts", "ws", "wss", "unix"}
	switch {
	case !slices.Contains(schemes, u.Scheme):
		return MQTTAddress{}, fmt.Errorf("there is no scheme %q.%s The address begins with %s, as in "+
			"mqtts://HOST:PORT", u.Scheme, diag.DidYouMean(u.Scheme, slices.Values(schemes)), diag.OneOf(schemes))
	case u.User != nil:
		return a, errors.New("the address is shown in plans, so it cannot hold a user name or password. Use the " +
			"arguments username and password")
	case u.RawQuery != "" || u.Fragment != "":
		return a, errors.New("the address is shown in plans, so that no query and no fragment can stand in it")
	case u.Scheme == "unix" && (u.Host != "" || len(u.Path) < 2):
		return a, errors.New("the address names no socket; write unix:///path/to/socket, with three slashes")
	case u.Scheme != "unix" && a.Host == "":
		return a, fmt.Errorf("the address has no host; write %s://HOST:PORT, or unix:///path/to/socket", u.Scheme)
	case !a.WebSocket() && u.Scheme != "unix" && u.Path != "" && u.Path != "/":
		return a, fmt.Errorf("something stands after the port; write %s://HOST:PORT", u.Scheme)
	case !a.complete(u):
		return a, fmt.Errorf("the port is a number from 1 to 65535; write %s://HOST:PORT", u.Scheme)
	}
	return a, nil
}

// complete fills in what the url leaves to its scheme; false where the port is
// none. One port has one spelling, since it is part of the broker's identity.
func (a *MQTTAddress) complete(u *url.URL) bool {
	switch bare := u.Path == "" || u.Path == "/"; {
	case a.WebSocket() && bare:
		a.Path = UsualMQTTPath
	case a.WebSocket():
		a.Path = u.EscapedPath()
	case a.Scheme == "unix":
		a.Path = u.Path
		return true
	}
	if a.Port == "" {
		a.Port = map[string]string{"mqtt": "1883", "mqtts": "8883", "ws": "80", "wss": "443"}[a.Scheme]
	}
	n, err := strconv.ParseUint(a.Port, 10, 16)
	a.Port = strconv.FormatUint(n, 10)
	return err == nil && n > 0
}

// WebSocket tells whether MQTT is spoken within WebSockets.
func (a MQTTAddress) WebSocket() bool { return a.Scheme == "ws" || a.Scheme == "wss" }

// Secure tells whether the connection has TLS.
func (a MQTTAddress) Secure() bool { return a.Scheme == "mqtts" || a.Scheme == "wss" }

// Dialed is what is connected to: host and port, or the path of a Unix socket.
func (a MQTTAddress) Dialed() string {
	if a.Scheme == "unix" {
		return a.Path
	}
	return net.JoinHostPort(a.Host, a.Port)
}

// Place is where the broker is, whichever way leads there: it is what the state
// pins. Behind one port several paths may lead to several brokers; the usual one
// is not mentioned.
func (a MQTTAddress) Place() string {
	if a.WebSocket() && a.Path != UsualMQTTPath {
		return a.Dialed() + a.Path
	}
	return a.Dialed()
}

// String is the address for people.
func (a MQTTAddress) String() string {
	if a.Scheme == "unix" {
		return "unix://" + a.Path
	}
	return a.Scheme + "://" + a.Dialed() + a.Path
}
