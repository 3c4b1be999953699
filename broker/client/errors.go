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

	"github.com/retainctl/retainctl/mqtt/wire"
)

// ReasonError is a refusal by the broker: what it did, its reason code, and the text that it may
// have sent with it (3.2.2.3.9).
type ReasonError struct {
	Did    string
	Code   wire.ReasonCode
	Reason string
	Advice string // advice; may be empty
}

func (e *ReasonError) Error() string {
	s := fmt.Sprintf("%s: %s", e.Did, e.Code)
	if e.Reason != "" {
		s += fmt.Sprintf(": %q", e.Reason)
	}
	if e.Advice != "" {
		s += " (" + e.Advice + ")"
	}
	return s
}

// ErrNoMQTT is the error of a server that does not answer as an MQTT broker does, or not in the
// requested version.
var ErrNoMQTT = errors.New("no MQTT broker")

// ErrHungUp is an ErrNoMQTT without any answer, which may be a passing failure.
var ErrHungUp = errors.New("it closed the connection instead of answering CONNECT")

var (
	errNoAnswer  = errors.New("no answer")
	errNoConnack = errors.New("it accepted the connection and did not answer CONNECT")
)

// Unanswered reports whether connecting failed because the time limit passed.
func Unanswered(err error) bool { return errors.Is(err, errNoAnswer) || errors.Is(err, errNoConnack) }

// Unreachable reports whether nothing listens at the address, as while a broker restarts.
func Unreachable(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, os.ErrNotExist)
}

// tried returns what was tried, and where.
func (o Options) tried() string {
	over := ""
	switch {
	case o.WebSocket != "" && o.TLS != nil:
		over = " over a WebSocket with TLS"
	case o.WebSocket != "":
		over = " over a WebSocket"
	case o.TLS != nil:
		over = " over TLS"
	}
	return "connect to broker " + o.Address + over
}

// dialError explains why the connection could not be made.
func dialError(o Options, err error) error {
	if timedOut(err) {
		return fmt.Errorf("%s: %w within %s (is the host right and up, and does a firewall between let this through?)",
			o.tried(), errNoAnswer, o.Timeout)
	}
	if advice := dialAdvice(o, err); advice != "" {
		return fmt.Errorf("%s: %w (%s)", o.tried(), err, advice)
	}
	return fmt.Errorf("%s: %w", o.tried(), err)
}

func dialAdvice(o Options, err error) string {
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		noTLS     tls.RecordHeaderError
		web       *webSocketError
	)
	switch {
	case errors.As(err, &dns):
		return "is the host name right, and does this machine's name server answer?"
	case errors.As(err, &web):
		return "is the path right, and does the broker serve WebSockets there?"
	case errors.Is(err, os.ErrNotExist):
		return "is the broker running, and is the socket's path right?"
	case errors.Is(err, os.ErrPermission):
		return "may this user open the socket?"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "is the broker running, and is the port right?"
	case errors.As(err, &authority) && o.TLS.RootCAs != nil:
		return "no authority in ca_file signed the broker's certificate: is it the right file, and is this the " +
			"broker that is meant?"
	case errors.As(err, &authority):
		return "the broker's certificate is from an authority that is not trusted here: name its certificate in ca_file"
	case errors.As(err, &hostname):
		return fmt.Sprintf("the broker's certificate is for another host than %s: is the URL right? Set server_name "+
			"if the certificate is", o.TLS.ServerName)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the broker's certificate is out of date: renew it, or set this machine's clock"
	case errors.As(err, &invalid):
		return "the broker's certificate is not valid"
	case errors.As(err, &noTLS), o.TLS != nil && lost(err):
		return "the port does not speak TLS: is it the one for mqtts?"
	case alerted(err):
		return alertAdvice
	}
	return ""
}

// handshakeError explains why CONNECT got no CONNACK, with what came instead.
func handshakeError(o Options, heard []byte, err error) error {
	var malformed *wire.Error
	switch {
	case timedOut(err):
		return fmt.Errorf("%s: %w within %s (is it an MQTT broker that listens there, and is it well?)",
			o.tried(), errNoConnack, o.Timeout)
	case errors.As(err, &malformed):
		return fmt.Errorf("%s: %w: it answers %q (is the port right? %w)", o.tried(), ErrNoMQTT, o.said(string(heard)), err)
	case alerted(err):
		return fmt.Errorf("%s: %w (%s)", o.tried(), err, alertAdvice)
	case lost(err):
		// The server's TLS alert may be lost with the connection.
		advice := "does the port want TLS, or another protocol version, or does something between cut the connection?"
		if o.TLS != nil {
			advice = "does it ask for a client certificate, cert_file and key_file?"
		}
		return fmt.Errorf("%s: %w: %w (%s)", o.tried(), ErrNoMQTT, ErrHungUp, advice)
	}
	return fmt.Errorf("%s: %w", o.tried(), err)
}

// refusal returns why the broker refused the connection.
func refusal(o Options, answer *wire.Connack) error {
	e := &ReasonError{Did: "broker " + o.Address + " refused the connection",
		Code: answer.ReasonCode, Reason: o.said(answer.ReasonString)}
	switch answer.ReasonCode {
	case wire.NotAuthorized, wire.BadUserNameOrPassword:
		e.Advice = "check username and password, or token"
		if o.Username == "" && o.Password == "" {
			e.Advice = "none was given: set username and password, or token"
			if o.TLS != nil {
				e.Advice += ", or cert_file and key_file"
			}
		}
	case wire.ClientIDNotValid:
		e.Advice = "set a client_id that the broker accepts"
	case wire.ServerUnavailable, wire.ServerBusy:
		e.Advice = "try again later, and look at the broker's log"
	}
	return e
}

// recorder keeps the beginning of what is read, to show it if the server is not a broker.
type recorder struct {
	io.Reader
	first []byte
}

const heardBytes = 60

func (h *recorder) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if room := heardBytes - len(h.first); room > 0 {
		h.first = append(h.first, p[:min(n, room)]...)
	}
	return n, err
}

// lostError explains how an open connection ended.
func lostError(o Options, err error) error {
	switch {
	case timedOut(err):
		return fmt.Errorf("broker %s stopped answering: it accepted no data for %s", o.Address, o.Timeout)
	case errors.Is(err, net.ErrClosed):
		return errClosed
	case lost(err):
		return fmt.Errorf("broker %s %w%s", o.Address, errHangUp, o.otherClient())
	}
	return fmt.Errorf("connection to broker %s broke: %w", o.Address, err)
}

// farewell explains why the broker ended the connection, by its DISCONNECT.
func farewell(o Options, bye *wire.Disconnect) error {
	e := &ReasonError{Did: "broker " + o.Address + " closed the connection",
		Code: bye.ReasonCode, Reason: o.said(bye.ReasonString)}
	if bye.ReasonCode == wire.SessionTakenOver {
		e.Advice = fmt.Sprintf("another client uses the client_id %q: run one at a time, or leave client_id out",
			o.ClientID)
	}
	return e
}

// otherClient returns a question about another client with the same identifier, for which mosquitto hangs
// up without a reason (2.0.11).
func (o Options) otherClient() string {
	if !o.chosenID {
		return ""
	}
	return fmt.Sprintf(" (does another client use the client_id %q?)", o.ClientID)
}

var errHangUp = errors.New("closed the connection")

// HungUp reports whether the broker ended the connection because of something that it was sent,
// because it shuts down, perhaps to restart, or without a reason. It reports false if another
// client took over the client identifier, which another attempt does not fix.
func (c *Client) HungUp() bool {
	var bye *ReasonError
	if !errors.As(c.Err(), &bye) {
		return errors.Is(c.Err(), errHangUp)
	}
	switch bye.Code {
	case wire.MalformedPacket, wire.ProtocolError, wire.NotAuthorized, wire.TopicFilterInvalid, wire.PacketTooLarge, wire.ServerShuttingDown:
		return true
	}
	return false
}

var errSilent = errors.New("stopped answering")

// silentError returns the error of a broker that does not answer what it was sent.
func silentError(o Options, what string) error {
	return fmt.Errorf("broker %s %w: no %s came within %s", o.Address, errSilent, what, o.Timeout)
}

// Silent reports whether the connection ended because the broker stopped answering.
func (c *Client) Silent() bool { return errors.Is(c.Err(), errSilent) }

const alertAdvice = "the broker refused the TLS connection: it may ask for a client certificate, cert_file and key_file"

// alerted reports whether the other side ended the connection with a TLS alert. In TLS 1.3 a client
// learns that its certificate was refused only when it first reads.
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
