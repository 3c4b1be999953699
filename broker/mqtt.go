package broker

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"golang.org/x/time/rate"

	"github.com/retainctl/retainctl/broker/client"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/wire"
	"github.com/retainctl/retainctl/spec"
)

// mqttBroker is the target of a broker that speaks MQTT 5 or 3.1.1.
type mqttBroker struct {
	address  spec.MQTTAddress
	options  client.Options
	versions []wire.Version // to try, in this order
	info     Info
	noScan   bool // wildcards show no retained messages
	kind     kind
	log      func(format string, args ...any)

	mu    sync.Mutex // guards lanes and width
	lanes []*lane    // the first one reads
	width int        // number of lanes that publish; 0: not measured yet
}

var _ Writer = (*mqttBroker)(nil)

// openMQTT connects to the broker of an "mqtt" block.
func openMQTT(ctx context.Context, name string, s *spec.MQTTSettings, o Options) (Writer, error) {
	b := &mqttBroker{
		address: s.Address, options: clientOptions(s.Address), versions: protocolVersions(s.Protocol),
		kind: kindNamed(s.Kind, s.Address), log: o.Log, width: s.Connections,
	}
	if b.log == nil {
		b.log = func(string, ...any) {}
	}
	b.options.ClientID, b.options.Timeout, b.options.Window = s.ClientID, s.Timeout, o.Parallelism
	b.options.BatchTopics, b.options.GroupTopics = b.kind.batchTopics, b.kind.groupTopics
	b.options.Pace = rate.NewLimiter(rate.Inf, 0)
	// A token is sent as the password, where brokers look for a JWT.
	b.options.Username, b.options.Password = s.Username, cmp.Or(s.Token, s.Password)
	var err error
	if b.options.TLS, err = tlsConfig(s); err != nil {
		return nil, err
	}
	c, err := b.dial(ctx, s.ClientID)
	if err != nil {
		return nil, err
	}
	b.lanes = []*lane{b.lane(0)}
	b.lanes[0].conn = c
	b.versions = []wire.Version{c.Version()}
	b.info = b.describe(ctx, c, s)
	if c.Silent() { // each further request would take as long again
		c.Close()
		return nil, c.Err()
	}
	b.noScan = c.Server().WildcardUnavailable || b.kind.noWildcards
	b.setPace(s)
	b.log("broker %s: %s at %s", name, b.info.Description, b.info.Address)
	return b, nil
}

func protocolVersions(protocol string) []wire.Version {
	switch protocol {
	case "5":
		return []wire.Version{wire.V5}
	case "3.1.1":
		return []wire.Version{wire.V311}
	}
	return []wire.Version{wire.V5, wire.V311}
}

// tlsConfig returns nil if the url does not ask for TLS.
func tlsConfig(s *spec.MQTTSettings) (*tls.Config, error) {
	if !s.Address.Secure() {
		return nil, nil
	}
	c := &tls.Config{ServerName: cmp.Or(s.ServerName, s.Address.Host), NextProtos: s.ALPN, MinVersion: tls.VersionTLS12}
	if len(s.ALPN) == 0 {
		c.NextProtos = usualALPN(s.Address)
	}
	if s.CAFile != "" {
		pem, err := readCertificates(s.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read ca_file: %s holds no certificate in PEM form", s.CAFile)
		}
	}
	if s.CertFile != "" {
		pair, err := loadKeyPair(s.CertFile, s.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("load cert_file and key_file: %w", withoutName(err, s.KeyFile))
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// withoutName returns an error without the name of a file that it is about. Whoever takes key_file
// for the key itself writes the secret as the name.
func withoutName(err error, file string) error {
	if about := (*fs.PathError)(nil); errors.As(err, &about) && about.Path == file {
		return fmt.Errorf("%s key_file: %w", about.Op, about.Err)
	}
	return err
}

// connection returns the first connection, which is the one that reads.
func (b *mqttBroker) connection(ctx context.Context) (*client.Client, error) {
	return b.lanes[0].connection(ctx)
}

// dial tries the versions, of which only one is left once the broker has accepted it.
//
// A broker that hangs up may be an old one that does not know the version, or one that knows it and
// has a passing failure: with MQTT 3.1.1 most fields would then be invisible for the whole run. So
// once it has accepted a connection, dial tries the newer version again.
func (b *mqttBroker) dial(ctx context.Context, clientID string) (*client.Client, error) {
	c, first := b.dialVersion(ctx, b.versions[0], clientID)
	if len(b.versions) == 1 || !wrongVersion(first) {
		return c, first
	}
	c, err := b.dialVersion(ctx, b.versions[1], clientID)
	switch {
	case refused(err):
		return nil, err // it speaks this version, and its refusal says what is wrong
	case err != nil:
		return nil, first
	case !errors.Is(first, client.ErrHungUp):
		return c, nil
	}
	c.Close()
	if c, err = b.dialVersion(ctx, b.versions[0], clientID); !wrongVersion(err) {
		return c, err
	}
	return b.dialVersion(ctx, b.versions[1], clientID)
}

func (b *mqttBroker) dialVersion(ctx context.Context, v wire.Version, clientID string) (*client.Client, error) {
	o := b.options
	o.Version, o.ClientID = v, clientID
	c, err := client.Dial(ctx, o)
	if err != nil {
		return nil, err
	}
	b.kind.tune(c)
	return c, nil
}

// wrongVersion reports whether an older version is worth a try: the broker said so (MQTT-3.1.2-2),
// answered in another format, or hung up without an answer.
func wrongVersion(err error) bool {
	var refusal *client.ReasonError
	return errors.As(err, &refusal) && refusal.Code == wire.UnsupportedProtocolVersion || errors.Is(err, client.ErrNoMQTT)
}

// refused reports whether the broker refused the connection for a reason other than its version.
func refused(err error) bool {
	var refusal *client.ReasonError
	return errors.As(err, &refusal) && !wrongVersion(err)
}

// describe collects who the broker is.
func (b *mqttBroker) describe(ctx context.Context, c *client.Client, s *spec.MQTTSettings) Info {
	who := b.recognise(ctx, c, s.Kind)
	b.kind.tune(c)
	limits := b.kind.narrow(b.limits(c))
	return Info{
		Identity:    "mqtt:" + b.address.Place(),
		Address:     b.address.String(),
		Description: who + ", " + c.Version().String(),
		Capabilities: mqtt.Capabilities{
			Readable:         mqtt.AllFields &^ mqtt.FieldQoS &^ limits.Uncarried,
			ExpiryCountsDown: true,
			Limits:           limits,
		},
	}
}

// recognise learns from $SYS/broker/version what the broker is, and returns a description that says
// what it is taken for.
func (b *mqttBroker) recognise(ctx context.Context, c *client.Client, named string) string {
	if isAWS(b.address.Host) {
		return "AWS IoT Core" // AWS closes connections that subscribe to $SYS
	}
	const longest = 200
	version, told := c.Peek(ctx, "$SYS/broker/version")
	told = told && len(version.Payload) <= longest
	who := "unknown broker"
	if told {
		who = string(version.Payload)
	}
	if named != "" && named != "auto" {
		return fmt.Sprintf("%s, taken for kind %q", who, named)
	}
	if told {
		b.kind = recognised(who)
	}
	return who
}

// limits returns the limits of the protocol, narrowed by what the broker announced. The exact size
// of a packet is checked when it is sent; these are limits that no message can exceed.
func (b *mqttBroker) limits(c *client.Client) mqtt.Limits {
	l := mqtt.StandardLimits
	l.Broker = "broker " + b.options.Address
	l.MaxQoS = c.MaximumQoS()
	l.OnlyQoS0 = l.MaxQoS == 0
	if size := c.MaximumPacketSize(); size > 0 {
		l.PayloadBytes = min(l.PayloadBytes, size)
	}
	if c.Version() == wire.V311 {
		l.Broker += ", over MQTT 3.1.1,"
		l.Uncarried = mqtt.AllFields &^ (mqtt.FieldPayload | mqtt.FieldQoS)
	}
	return l
}
