package client

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/coder/websocket"

	"github.com/retainctl/retainctl/broker/wire"
)

// ReasonError is a refusal by the broker: what it did, with its reason code and
// the text that it may have sent along (3.2.2.3.9).
type ReasonError struct {
	Did    string
	Code   wire.ReasonCode
	Reason string
}

func (e *ReasonError) Error() string {
	s := fmt.Sprintf("%s: %s", e.Did, e.Code)
	if e.Reason != "" {
		s += fmt.Sprintf(": %q", e.Reason)
	}
	return s
}

// ErrNoMQTT is a server that does not answer as an MQTT broker does, or not in
// the version that it was asked for.
var ErrNoMQTT = errors.New("no MQTT broker")

// ErrHungUp is an ErrNoMQTT without any answer, which may pass.
var ErrHungUp = errors.New("it closed the connection instead of answering CONNECT")

// dialError says what kept a connection from being made.
func dialError(o Options, err error) error {
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		noTLS     tls.RecordHeaderError
		web       *webSocketError
	)
	advice := ""
	switch {
	case errors.As(err, &dns):
		advice = "is the host name right?"
	case errors.As(err, &web):
		advice = "is the path right, and does the broker serve WebSockets there?"
	case errors.Is(err, os.ErrNotExist):
		advice = "is the broker running, and is the socket's path right?"
	case errors.Is(err, os.ErrPermission):
		advice = "may this user open the socket?"
	case errors.Is(err, syscall.ECONNREFUSED):
		advice = "is the broker running, and is the port right?"
	case errors.As(err, &authority):
		advice = "the broker's certificate is of an authority that is not trusted here: name its certificate in ca_file"
	case errors.As(err, &hostname):
		advice = "the broker's certificate is for another host: set server_name if that is right"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		advice = "the broker's certificate is out of date: renew it, or set this machine's clock"
	case errors.As(err, &invalid):
		advice = "the broker's certificate is not valid"
	case errors.As(err, &noTLS), o.TLS != nil && lost(err):
		advice = "the port does not speak TLS: is it the one for mqtts?"
	case alerted(err):
		advice = alertAdvice
	case timedOut(err):
		return fmt.Errorf("connect to broker %s: no answer within %s: %w", o.Address, o.Timeout, err)
	default:
		return fmt.Errorf("connect to broker %s: %w", o.Address, err)
	}
	return fmt.Errorf("connect to broker %s: %w (%s)", o.Address, err, advice)
}

// handshakeError says why CONNECT got no CONNACK.
func handshakeError(o Options, err error) error {
	var malformed *wire.Error
	switch {
	case timedOut(err):
		return fmt.Errorf("connect to broker %s: it accepted the connection and did not answer CONNECT within %s", o.Address, o.Timeout)
	case errors.As(err, &malformed):
		return fmt.Errorf("connect to broker %s: %w: what answers there is not MQTT: %w", o.Address, ErrNoMQTT, err)
	case alerted(err):
		return fmt.Errorf("connect to broker %s: %w (%s)", o.Address, err, alertAdvice)
	case lost(err):
		// Its TLS alert may be lost with the connection.
		advice := "does the port want TLS, or another protocol version?"
		if o.TLS != nil {
			advice = "does it ask for a client certificate, cert_file and key_file?"
		}
		return fmt.Errorf("connect to broker %s: %w: %w (%s)", o.Address, ErrNoMQTT, ErrHungUp, advice)
	}
	return fmt.Errorf("connect to broker %s: %w", o.Address, err)
}

// lostError says how an open connection ended.
func lostError(o Options, err error) error {
	switch {
	case timedOut(err):
		return fmt.Errorf("broker %s stopped answering: it took no data for %s", o.Address, o.Timeout)
	case errors.Is(err, net.ErrClosed):
		return errClosed
	case lost(err):
		return fmt.Errorf("broker %s %w", o.Address, errHangUp)
	}
	return fmt.Errorf("connection to broker %s broke: %w", o.Address, err)
}

var errHangUp = errors.New("closed the connection")

// HungUp tells whether the broker ended the connection for something that it was
// sent, or without saying why. One that shuts down, or where another client took
// the name over, did so for a reason that trying again does not mend.
func (c *Client) HungUp() bool {
	var bye *ReasonError
	if !errors.As(c.Err(), &bye) {
		return errors.Is(c.Err(), errHangUp)
	}
	switch bye.Code {
	case wire.MalformedPacket, wire.ProtocolError, wire.NotAuthorized, wire.TopicFilterInvalid, wire.PacketTooLarge:
		return true
	}
	return false
}

// silentError is for a broker that leaves what it was sent without an answer.
func silentError(o Options, what string) error {
	return fmt.Errorf("broker %s stopped answering: no %s came within %s", o.Address, what, o.Timeout)
}

const alertAdvice = "the broker refused the TLS connection: it may ask for a client certificate, cert_file and key_file"

// alerted tells whether the other side ended TLS. Under TLS 1.3 a client learns
// that its certificate was refused only when it first reads.
func alerted(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

func timedOut(err error) bool {
	var n net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}

func lost(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || websocket.CloseStatus(err) != -1 ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
