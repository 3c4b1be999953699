package spec

import (
	"cmp"
	"path/filepath"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// brokerBlocks evaluates the broker blocks; their arguments only if mod.evalBrokers is set.
func (mod *moduleInstance) brokerBlocks(root string) []Broker {
	var all []Broker
	for _, decl := range mod.brokers.decls {
		b := Broker{Type: decl.Type, Name: decl.Name, Range: decl.At}
		if mod.evalBrokers {
			b.Settings = mod.brokerSettings(decl, root)
		}
		checkDistinct(b, all, &mod.sink)
		all = append(all, b)
	}
	return all
}

// checkDistinct reports two blocks that lead to the same broker, as far as their arguments
// show it: a message would have two records.
func checkDistinct(b Broker, before []Broker, sink *diag.Sink) {
	if b.Settings == nil {
		return
	}
	for _, other := range before {
		if at := b.Settings.destination(); at != "" && other.Settings != nil && at == other.Settings.destination() {
			sink.Add(diag.Errorf(&b.Range, "Two broker blocks are one broker",
				"broker %q and broker %q (at %s) lead to the same place. Keep one of them.",
				b.Name, other.Name, other.Range))
		}
	}
}

// BrokerNamed returns the broker whose block has the label name, and whether there is one.
func (c *Config) BrokerNamed(name string) (Broker, bool) {
	for _, b := range c.Brokers {
		if b.Name == name {
			return b, true
		}
	}
	return Broker{}, false
}

func (mod *moduleInstance) brokerSettings(decl *declare.Broker, root string) BrokerSettings {
	decode := brokerDecoders[decl.Type]
	if decode == nil { // the declaration was refused
		return nil
	}
	return decode(mod.arguments(decl.Attrs, &decl.At), root)
}

// brokerDecoders read the arguments of each broker type; root is the folder of the
// configuration. A test checks that they are complete.
var brokerDecoders = map[string]func(a *arguments, root string) BrokerSettings{
	"mqtt":     (*arguments).mqtt,
	"aws_iot":  (*arguments).awsIoT,
	"embedded": (*arguments).embedded,
}

func (a *arguments) awsIoT(string) BrokerSettings {
	return &AWSIoTSettings{
		Region:   a.shown("region"),
		Endpoint: a.endpoint(),
		Profile:  a.shown("profile"),
		RoleARN:  a.shown("role_arn"),
		Rate:     a.rate(),
	}
}

func (a *arguments) embedded(root string) BrokerSettings {
	return &EmbeddedSettings{Path: absolute(root, a.nonEmpty("path", filepath.Join(".retainctl", "broker.db"))), Root: root}
}

func (a *arguments) mqtt(root string) BrokerSettings {
	s := &MQTTSettings{
		Address:     a.address(),
		Username:    a.text("username"),
		Password:    a.text("password"),
		Token:       a.text("token"),
		CAFile:      absolute(root, a.shown("ca_file")),
		CertFile:    absolute(root, a.shown("cert_file")),
		KeyFile:     absolute(root, a.text("key_file")),
		ServerName:  a.shown("server_name"),
		ALPN:        a.shownList("alpn"),
		ClientID:    a.shown("client_id"),
		Protocol:    a.choice("protocol", language.MQTTProtocols()...),
		Kind:        a.choice("kind", language.MQTTKinds()...),
		Connections: int(a.whole("connections", 0, 0, 64)),
		Rate:        a.rate(),
		Timeout:     cmp.Or(a.duration("timeout"), 30*time.Second),
	}
	a.checkCombinations(s)
	return s
}

// address reads the url. It returns the zero address if the url is missing or wrong.
func (a *arguments) address() MQTTAddress {
	text := a.shown("url")
	if text == "" {
		if !a.broken {
			a.wrong("url", "Missing url",
				"A broker of type mqtt needs its address: url = \"mqtts://broker.example:8883\".")
		}
		return MQTTAddress{}
	}
	address, err := ParseMQTTAddress(text)
	if err != nil {
		a.invalid("url", "%s.", diag.Sentence(err))
	}
	return address
}

// checkCombinations reports arguments that only make sense with others, or without them.
func (a *arguments) checkCombinations(s *MQTTSettings) {
	if (s.CertFile == "") != (s.KeyFile == "") {
		a.sink.Add(diag.Errorf(declare.RangeOf(a.attrs, a.at, "cert_file", "key_file"), "Incomplete client certificate",
			"cert_file and key_file belong together: the certificate and its private key."))
	}
	if s.Token != "" && s.Password != "" {
		a.wrong("token", "Both token and password",
			"A token is sent as the password, so a broker can have only one of them. Remove the other.")
	}
	if s.Address.Scheme == "" || s.Address.Secure() {
		return
	}
	for name, given := range map[string]bool{
		"ca_file": s.CAFile != "", "cert_file": s.CertFile != "", "key_file": s.KeyFile != "",
		"server_name": s.ServerName != "", "alpn": len(s.ALPN) > 0,
	} {
		if given {
			a.wrong(name, name+" without TLS",
				"%s is for connections with TLS, and the scheme of the url does not use TLS. Write mqtts:// or "+
					"wss://, or remove the argument.", name)
		}
	}
}

func (a *arguments) endpoint() string {
	text := a.shown("endpoint")
	if _, err := ParseAWSEndpoint(text); err != nil {
		a.invalid("endpoint", "%s.", diag.Sentence(err))
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
		a.invalid("rate",
			"rate is the number of messages to publish in a second: above 0, and at most 1,000,000.")
	}
	return rate
}

// absolute returns the path of a file, relative to the root unless it is absolute; "" for "".
func absolute(root, file string) string {
	if file == "" || filepath.IsAbs(file) {
		return file
	}
	return filepath.Join(root, file)
}
