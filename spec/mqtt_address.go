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

// MQTTAddress is the parsed url of a broker "mqtt" block. The zero value is not an address.
type MQTTAddress struct {
	Scheme string // "mqtt", "mqtts", "ws", "wss" or "unix"
	Host   string // in lower case; "" for a Unix socket
	Port   string // 1 to 65535, by default that of the scheme; "" for a Unix socket
	Path   string // of a WebSocket, escaped, or of a Unix socket; otherwise ""
}

// UsualMQTTPath is the default path of brokers for WebSockets.
const UsualMQTTPath = "/mqtt"

// ParseMQTTAddress parses a url. Plans show it, so it cannot contain a password or a query, which
// may be a signature. The error does not quote the url.
func ParseMQTTAddress(text string) (MQTTAddress, error) {
	u, err := url.Parse(text)
	if err != nil {
		// The error of url.Parse repeats the URL, which may contain a password.
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
		return a, errors.New("the address is shown in plans, so it cannot hold a query or a fragment")
	case u.Scheme == "unix" && (u.Host != "" || len(u.Path) < 2):
		return a, errors.New("the address has no path of a socket; write unix:///path/to/socket, with three slashes")
	case u.Scheme != "unix" && a.Host == "":
		return a, fmt.Errorf("the address has no host; write %s://HOST:PORT, or unix:///path/to/socket", u.Scheme)
	case !a.WebSocket() && u.Scheme != "unix" && u.Path != "" && u.Path != "/":
		return a, fmt.Errorf("the address cannot have anything after the port; write %s://HOST:PORT", u.Scheme)
	case !a.complete(u):
		return a, fmt.Errorf("the port must be a number from 1 to 65535; write %s://HOST:PORT", u.Scheme)
	}
	return a, nil
}

// complete sets the port and the path, by default those of the scheme. It returns false if the
// port is invalid. A port has one spelling only, because it is part of the broker's identity.
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

// WebSocket reports whether the connection uses WebSockets.
func (a MQTTAddress) WebSocket() bool { return a.Scheme == "ws" || a.Scheme == "wss" }

// Secure reports whether the connection uses TLS.
func (a MQTTAddress) Secure() bool { return a.Scheme == "mqtts" || a.Scheme == "wss" }

// Dialed returns the address to connect to: HOST:PORT, or the path of a Unix socket.
func (a MQTTAddress) Dialed() string {
	if a.Scheme == "unix" {
		return a.Path
	}
	return net.JoinHostPort(a.Host, a.Port)
}

// Place returns the place of the broker, independently of the scheme, as the state pins it:
// Dialed, followed by the path of a WebSocket unless that is UsualMQTTPath. Different paths at
// one port may lead to different brokers.
func (a MQTTAddress) Place() string {
	if a.WebSocket() && a.Path != UsualMQTTPath {
		return a.Dialed() + a.Path
	}
	return a.Dialed()
}

// String returns the address as a URL, with the port and the path.
func (a MQTTAddress) String() string {
	if a.Scheme == "unix" {
		return "unix://" + a.Path
	}
	return a.Scheme + "://" + a.Dialed() + a.Path
}
