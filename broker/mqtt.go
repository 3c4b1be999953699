package broker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"github.com/retainctl/retainctl/broker/client"
	"github.com/retainctl/retainctl/broker/wire"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// mqttBroker is any broker that speaks MQTT 5 or 3.1.1.
type mqttBroker struct {
	address  mqttAddress
	options  client.Options
	versions []wire.Version // to try, in this order
	info     Info
	kind     kind

	mu   sync.Mutex
	conn *client.Client
}

var _ Writer = (*mqttBroker)(nil)

// openMQTT connects to the broker of a broker "mqtt" block.
func openMQTT(ctx context.Context, name string, s *spec.MQTTSettings, o Options) (Writer, error) {
	if err := unserved(s); err != nil {
		return nil, err
	}
	address, err := parseMQTTURL(s.URL)
	if err != nil {
		return nil, err
	}
	b := &mqttBroker{address: address, options: address.options()}
	if b.versions, err = protocolVersions(s.Protocol); err != nil {
		return nil, err
	}
	if b.kind, err = kindNamed(s.Kind); err != nil {
		return nil, err
	}
	b.options.ClientID, b.options.Timeout, b.options.LateQuiet, b.options.Window = s.ClientID, s.Timeout, b.kind.late, o.Parallelism
	if b.options.Username, b.options.Password, err = credentials(s); err != nil {
		return nil, err
	}
	if b.options.TLS, err = tlsConfig(s, address); err != nil {
		return nil, err
	}
	c, err := b.connection(ctx)
	if err != nil {
		return nil, err
	}
	b.info = b.describe(ctx, c, s)
	if o.Log != nil {
		o.Log("broker %s: %s at %s", name, b.info.Description, b.info.Address)
	}
	return b, nil
}

// unserved refuses the arguments that this version does not act on: one that is
// passed over in silence would be believed.
func unserved(s *spec.MQTTSettings) error {
	for _, argument := range []struct {
		name string
		set  bool
	}{
		{"connections", s.Connections > 1},
		{"rate", s.Rate > 0},
	} {
		if argument.set {
			return fmt.Errorf("the argument %s is not supported yet: remove it", argument.name)
		}
	}
	return nil
}

func protocolVersions(protocol string) ([]wire.Version, error) {
	switch protocol {
	case "", "auto":
		return []wire.Version{wire.V5, wire.V311}, nil
	case "5":
		return []wire.Version{wire.V5}, nil
	case "3.1.1":
		return []wire.Version{wire.V311}, nil
	}
	return nil, fmt.Errorf(`the protocol %q is not known: it is "auto", "5" or "3.1.1"`, protocol)
}

// credentials are what CONNECT carries. A token takes the place of the password:
// that is where brokers look for a JWT.
func credentials(s *spec.MQTTSettings) (username, password string, err error) {
	if s.Token == "" {
		return s.Username, s.Password, nil
	}
	if s.Password != "" {
		return "", "", errors.New("token and password are both set: a token is sent as the password, so choose one")
	}
	return s.Username, s.Token, nil
}

// tlsConfig is nil where the url asks for no TLS.
func tlsConfig(s *spec.MQTTSettings, address mqttAddress) (*tls.Config, error) {
	if !address.secure() {
		if s.CAFile+s.CertFile+s.KeyFile+s.ServerName != "" || len(s.ALPN) > 0 {
			return nil, errors.New("ca_file, cert_file, key_file, server_name and alpn are for TLS: the url must start with mqtts:// or wss://")
		}
		return nil, nil
	}
	host, _, _ := net.SplitHostPort(address.at)
	c := &tls.Config{ServerName: host, NextProtos: s.ALPN, MinVersion: tls.VersionTLS12}
	if len(s.ALPN) == 0 {
		c.NextProtos = address.protocols()
	}
	if s.ServerName != "" {
		c.ServerName = s.ServerName
	}
	if s.CAFile != "" {
		pem, err := os.ReadFile(s.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read ca_file: %s holds no certificate in PEM form", s.CAFile)
		}
	}
	if (s.CertFile == "") != (s.KeyFile == "") {
		return nil, errors.New("cert_file and key_file come together: set both or neither")
	}
	if s.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(s.CertFile, s.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("load cert_file and key_file: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// connection gives the open connection, or a new one where it was lost: one
// message that made the broker hang up does not take the rest of a run with it.
func (b *mqttBroker) connection(ctx context.Context) (*client.Client, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conn != nil {
		if b.conn.Err() == nil {
			return b.conn, nil
		}
		b.conn.Close()
	}
	c, err := b.dial(ctx)
	if err != nil {
		return nil, err
	}
	b.conn = c
	return c, nil
}

// dial tries the versions and keeps to the one that the broker took.
func (b *mqttBroker) dial(ctx context.Context) (*client.Client, error) {
	var first error
	for _, v := range b.versions {
		o := b.options
		o.Version = v
		c, err := client.Dial(ctx, o)
		if err == nil {
			b.versions = []wire.Version{v}
			b.kind.tune(c)
			return c, nil
		}
		if first == nil {
			first = err
		}
		if !wrongVersion(err) {
			break
		}
	}
	return nil, first
}

// wrongVersion tells whether an older version is worth a try: the broker said so
// (MQTT-3.1.2-2), or hung up without a word.
func wrongVersion(err error) bool {
	var refused *client.ReasonError
	return errors.As(err, &refused) && refused.Code == wire.UnsupportedProtocolVersion || errors.Is(err, client.ErrNoMQTT)
}

// describe gathers who the broker is, from CONNACK and $SYS/broker/version.
func (b *mqttBroker) describe(ctx context.Context, c *client.Client, s *spec.MQTTSettings) Info {
	const versionTopic = "$SYS/broker/version"
	who, auto := "unknown broker", s.Kind == "" || s.Kind == "auto"
	if !auto && s.Kind != "other" {
		who = s.Kind
	}
	if m, ok := c.Peek(ctx, versionTopic); ok {
		who = string(m.Payload)
		if auto {
			b.kind = recognised(who)
		}
	}
	b.kind.tune(c)
	limits := b.kind.narrow(b.limits(c))
	return Info{
		Identity:    b.address.identity(),
		Address:     b.address.String(),
		Description: who + ", " + c.Version().String(),
		Capabilities: Capabilities{
			Readable:         mqtt.AllFields &^ mqtt.FieldQoS &^ limits.Uncarried,
			WildcardReads:    !c.Server().WildcardUnavailable && !b.kind.noWildcards,
			ExpiryCountsDown: true,
			Limits:           limits,
		},
	}
}

// limits narrows those of the protocol by what the broker announced. The packet
// that a message makes is measured when it is sent; here stands what no message
// can pass.
func (b *mqttBroker) limits(c *client.Client) mqtt.Limits {
	l := mqtt.StandardLimits
	l.Broker = "broker " + b.options.Address
	l.MaxQoS = c.MaximumQoS()
	if size := c.MaximumPacketSize(); size > 0 {
		l.PayloadBytes = min(l.PayloadBytes, size)
	}
	if c.Version() == wire.V311 {
		l.Broker += ", over MQTT 3.1.1,"
		l.Uncarried = mqtt.AllFields &^ (mqtt.FieldPayload | mqtt.FieldQoS)
	}
	return l
}

func (b *mqttBroker) Info() Info { return b.info }

// Publish sends what the broker is known to take: one message that it does not
// could end the connection for all others.
func (b *mqttBroker) Publish(ctx context.Context, batch []mqtt.Message, done func(i int, err error)) {
	send, at := make([]mqtt.Message, 0, len(batch)), make([]int, 0, len(batch))
	for i, m := range batch {
		if over := b.info.Capabilities.Limits.Check(m); len(over) > 0 {
			done(i, fmt.Errorf("not sent: %s", over[0].Reason))
			continue
		}
		send, at = append(send, m), append(at, i)
	}
	c, err := b.connection(ctx)
	if err != nil {
		for _, i := range at {
			done(i, fmt.Errorf("not sent: %w", err))
		}
		return
	}
	c.Publish(ctx, send, func(i int, err error) { done(at[i], err) })
}

func (b *mqttBroker) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.conn.Close()
}
