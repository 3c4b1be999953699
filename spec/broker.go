package spec

import (
	"cmp"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// brokerDecl is a broker block before evaluation.
type brokerDecl struct {
	typ, name string
	at        hcl.Range
	attrs     hcl.Attributes
}

func (d *declarations) broker(b *hcl.Block) {
	decl := &brokerDecl{typ: b.Labels[0], name: b.Labels[1], at: b.DefRange}
	for _, other := range d.brokers {
		if other.name == decl.name {
			d.duplicate(b.DefRange, fmt.Sprintf("broker %q", decl.name), other.at, "Names of brokers are unique over all types, since broker.NAME stands for one.")
			return
		}
	}
	d.identifier(decl.name, b.LabelRanges[1], "broker")
	d.brokers = append(d.brokers, decl)
	as := described("broker", decl.typ)
	if as == nil {
		types := kinds(Language(), "broker")
		d.report(errorf(&b.LabelRanges[0], "Unknown broker type", "There is no broker type %q.%s The types are %s.", decl.typ, didYouMean(decl.typ, slices.Values(types)), oneOf(types)))
		return
	}
	decl.attrs = d.content(b.Body, as).Attributes
}

// declaredBrokers are the broker blocks, or the default where none stands.
func (e *evaluator) declaredBrokers() []*brokerDecl {
	if len(e.root.decl.brokers) == 0 {
		return []*brokerDecl{{typ: "embedded", name: "default"}}
	}
	return e.root.decl.brokers
}

func (e *evaluator) broker(name string) *brokerDecl {
	if e.byName == nil {
		e.byName = map[string]*brokerDecl{}
		for _, b := range e.declaredBrokers() {
			e.byName[b.name] = b
		}
	}
	return e.byName[name]
}

func (e *evaluator) brokerNames() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, b := range e.declaredBrokers() {
			if !yield(b.name) {
				return
			}
		}
	}
}

// brokers evaluates the broker blocks' arguments, where that is asked for.
func (e *evaluator) brokers(root string) []Broker {
	var all []Broker
	for _, decl := range e.declaredBrokers() {
		b := Broker{Type: decl.typ, Name: decl.name, Range: decl.at}
		if e.evalBrokers {
			b.Settings = e.brokerSettings(decl, root)
		}
		e.alone(b, all)
		all = append(all, b)
	}
	return all
}

// alone refuses two blocks that lead to one broker, as far as their arguments
// tell: one message would then have two records.
func (e *evaluator) alone(b Broker, before []Broker) {
	for _, other := range before {
		if at := leadsTo(b.Settings); at != "" && at == leadsTo(other.Settings) {
			e.tally.add(errorf(&b.Range, "Two broker blocks are one broker", "broker %q and broker %q (at %s) lead to the same place. Keep one of them.", b.Name, other.Name, other.Range))
		}
	}
}

// leadsTo is where a broker's arguments lead to, "" where they do not tell.
func leadsTo(settings BrokerSettings) string {
	switch s := settings.(type) {
	case *MQTTSettings:
		if s.Address != (MQTTAddress{}) {
			return s.Address.Place()
		}
	case *EmbeddedSettings:
		return s.Path
	}
	return ""
}

// BrokerNamed finds a broker by the name of its block.
func (c *Config) BrokerNamed(name string) (Broker, bool) {
	for _, b := range c.Brokers {
		if b.Name == name {
			return b, true
		}
	}
	return Broker{}, false
}

func (e *evaluator) brokerSettings(decl *brokerDecl, root string) BrokerSettings {
	a := arguments{e: e, t: &e.tally, attrs: decl.attrs, at: &decl.at, ctx: e.scope("", expressions(decl.attrs)...)}
	decode := brokerDecoders[decl.typ]
	if decode == nil { // the declaration was refused
		return nil
	}
	return decode(&a, root)
}

// brokerDecoders read the arguments of each broker type; root is the folder of the
// configuration. A test holds their keys to the types that the language describes.
var brokerDecoders = map[string]func(a *arguments, root string) BrokerSettings{
	"mqtt":     (*arguments).mqtt,
	"aws_iot":  (*arguments).awsIoT,
	"embedded": (*arguments).embedded,
}

func (a *arguments) awsIoT(string) BrokerSettings {
	return &AWSIoTSettings{
		Region: a.shown("region"), Endpoint: a.endpoint(), Profile: a.text("profile"), RoleARN: a.text("role_arn"), Rate: a.rate(),
	}
}

func (a *arguments) embedded(root string) BrokerSettings {
	return &EmbeddedSettings{Path: absolute(root, a.filled("path", filepath.Join(".retainctl", "broker.db")))}
}

func (a *arguments) mqtt(root string) BrokerSettings {
	s := &MQTTSettings{
		Address:     a.address(),
		Username:    a.text("username"),
		Password:    a.text("password"),
		Token:       a.text("token"),
		CAFile:      absolute(root, a.text("ca_file")),
		CertFile:    absolute(root, a.text("cert_file")),
		KeyFile:     absolute(root, a.text("key_file")),
		ServerName:  a.text("server_name"),
		ALPN:        a.texts("alpn"),
		ClientID:    a.text("client_id"),
		Protocol:    a.choice("protocol", mqttProtocols()...),
		Kind:        a.choice("kind", MQTTKinds()...),
		Connections: int(a.whole("connections", 0, 0, 64)),
		Rate:        a.rate(),
		Timeout:     cmp.Or(a.duration("timeout"), 30*time.Second),
	}
	a.pairs(s)
	return s
}

// address reads the url; none where it is wrong.
func (a *arguments) address() MQTTAddress {
	text := a.shown("url")
	if text == "" {
		if !a.broken {
			a.wrong("url", "Missing url", "A broker of type mqtt needs its address: url = \"mqtts://broker.example:8883\".")
		}
		return MQTTAddress{}
	}
	address, err := ParseMQTTAddress(text)
	if err != nil {
		a.invalid("url", "%s.", sentence(err))
	}
	return address
}

// pairs reports arguments that only make sense with others, or without them.
func (a *arguments) pairs(s *MQTTSettings) {
	if (s.CertFile == "") != (s.KeyFile == "") {
		a.t.add(errorf(place(a.attrs, a.at, "cert_file", "key_file"), "Incomplete client certificate", "cert_file and key_file belong together: the certificate and its private key."))
	}
	if s.Token != "" && s.Password != "" {
		a.wrong("token", "Both token and password", "A token is sent as the password, so that there is room for one of them. Leave the other out.")
	}
	if s.Address.Scheme == "" || s.Address.Secure() {
		return
	}
	for name, given := range map[string]bool{
		"ca_file": s.CAFile != "", "cert_file": s.CertFile != "", "key_file": s.KeyFile != "", "server_name": s.ServerName != "", "alpn": len(s.ALPN) > 0,
	} {
		if given {
			a.wrong(name, name+" without TLS", "%s is for a connection with TLS, and the url begins with one that has none. Write mqtts:// or wss://, or leave the argument out.", name)
		}
	}
}

func (a *arguments) endpoint() string {
	text := a.shown("endpoint")
	if _, err := ParseAWSEndpoint(text); err != nil {
		a.invalid("endpoint", "%s.", sentence(err))
	}
	return text
}

func (a *arguments) rate() float64 {
	value, given := a.plain("rate", cty.Number)
	if !given {
		return 0
	}
	rate, _ := value.AsBigFloat().Float64()
	if rate <= 0 || rate > 1e6 {
		a.invalid("rate", "rate is how many messages are published in a second: a number above 0, and at most 1,000,000.")
	}
	return rate
}

// absolute finds a file from the root; "" stays none.
func absolute(root, file string) string {
	if file == "" || filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(root, file)
}
