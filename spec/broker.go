package spec

import (
	"fmt"
	"iter"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// brokerDecl is a broker block before evaluation.
type brokerDecl struct {
	typ, name string
	at        hcl.Range
	attrs     hcl.Attributes
}

// brokerArguments are the arguments of each broker type.
func brokerArguments(typ string) []string {
	switch typ {
	case "mqtt":
		return []string{"url", "username", "password", "token", "ca_file", "cert_file", "key_file", "server_name", "alpn",
			"client_id", "protocol", "kind", "connections", "rate", "timeout"}
	case "aws_iot":
		return []string{"region", "endpoint", "profile", "role_arn", "rate"}
	case "embedded":
		return []string{"path"}
	}
	return nil
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
	names := brokerArguments(decl.typ)
	if names == nil {
		types := []string{"mqtt", "aws_iot", "embedded"}
		d.report(errorf(&b.LabelRanges[0], "Unknown broker type", "There is no broker type %q.%s The types are %s.", decl.typ, didYouMean(decl.typ, slices.Values(types)), oneOf(types)))
		return
	}
	decl.attrs = d.content(b.Body, names).Attributes
}

// declaredBrokers are the broker blocks, or the default where none stands.
func (e *evaluator) declaredBrokers() []*brokerDecl {
	if len(e.decl.brokers) == 0 {
		return []*brokerDecl{{typ: "embedded", name: "default"}}
	}
	return e.decl.brokers
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
		all = append(all, b)
	}
	return all
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
	a := arguments{e: e, attrs: decl.attrs, root: root, ctx: e.scope("", expressions(decl.attrs)...)}
	switch decl.typ {
	case "mqtt":
		return a.mqtt(decl)
	case "aws_iot":
		s := &AWSIoTSettings{}
		a.shown("region", &s.Region)
		a.shown("endpoint", &s.Endpoint)
		a.text("profile", &s.Profile)
		a.text("role_arn", &s.RoleARN)
		a.rate(&s.Rate)
		return s
	}
	s := &EmbeddedSettings{Path: filepath.Join(root, ".retainctl", "broker.db")}
	a.shown("path", &s.Path)
	a.resolve(&s.Path)
	return s
}

func (a *arguments) mqtt(decl *brokerDecl) *MQTTSettings {
	s := &MQTTSettings{Protocol: "auto", Kind: "auto", Timeout: 30 * time.Second}
	if a.attrs["url"] == nil {
		a.e.tally.add(errorf(&decl.at, "Missing url", "A broker of type mqtt needs its address: url = \"mqtts://broker.example:8883\"."))
	}
	a.shown("url", &s.URL)
	a.checkURL(s.URL)
	a.text("username", &s.Username)
	a.text("password", &s.Password)
	a.text("token", &s.Token)
	for name, file := range map[string]*string{"ca_file": &s.CAFile, "cert_file": &s.CertFile, "key_file": &s.KeyFile} {
		a.text(name, file)
		a.resolve(file)
	}
	if (s.CertFile == "") != (s.KeyFile == "") {
		a.e.tally.add(errorf(&decl.at, "Incomplete client certificate", "cert_file and key_file belong together: the certificate and its private key."))
	}
	a.text("server_name", &s.ServerName)
	a.texts("alpn", &s.ALPN)
	a.text("client_id", &s.ClientID)
	a.choice("protocol", &s.Protocol, "auto", "5", "3.1.1")
	a.choice("kind", &s.Kind, "auto", "mosquitto", "emqx", "hivemq", "nats", "rabbitmq", "ejabberd", "other")
	a.whole("connections", &s.Connections, 1, 1000)
	a.rate(&s.Rate)
	a.duration("timeout", &s.Timeout)
	return s
}

// checkURL holds what can be told of an address without connecting. The address
// is shown in plans, so a password has no place in it.
func (a *arguments) checkURL(text string) {
	if text == "" {
		return
	}
	schemes := []string{"mqtt", "mqtts", "ws", "wss", "unix"}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		a.wrong("url", "It cannot be understood as an address; write mqtts://HOST:PORT.")
	case !slices.Contains(schemes, u.Scheme):
		a.wrong("url", "The address begins with %s, as in mqtts://HOST:PORT.%s", oneOf(schemes), didYouMean(u.Scheme, slices.Values(schemes)))
	case u.User != nil:
		a.wrong("url", "The address is shown in plans, so it cannot hold a user name or password. Use the arguments username and password.")
	case u.Scheme == "unix" && u.Path == "" || u.Scheme != "unix" && u.Hostname() == "":
		a.wrong("url", "The address has no host; write mqtts://HOST:PORT, or unix:///path/to/socket.")
	}
}

// arguments decodes the arguments of a block that stands once.
type arguments struct {
	e     *evaluator
	attrs hcl.Attributes
	ctx   *hcl.EvalContext
	root  string // absolute: relative files are found from here
}

// get evaluates an argument; false where it is not given, null or wrong.
func (a *arguments) get(name string, want cty.Type) (value cty.Value, given bool) {
	attr := a.attrs[name]
	if attr == nil {
		return cty.NilVal, false
	}
	eval := a.e.eval
	if slices.Contains([]string{"password", "token", "key_file"}, name) {
		eval = a.e.evalSecret
	}
	value, ok := eval(a.ctx, attr.Expr)
	if !ok {
		return value, false
	}
	value, err := convert.Convert(value, want)
	if err != nil {
		a.wrong(name, "%s.", sentence(err))
		return value, false
	}
	return value, !value.IsNull()
}

func (a *arguments) wrong(name, format string, args ...any) {
	a.e.tally.add(errorf(a.attrs[name].Expr.Range().Ptr(), "Invalid "+name, format, args...))
}

// text reads a string that may be sensitive: it is never shown.
func (a *arguments) text(name string, into *string) {
	if value, given := a.get(name, cty.String); given {
		value, _ = value.Unmark()
		*into = value.AsString()
	}
}

// shown reads a string that plans show, or that identifies the broker.
func (a *arguments) shown(name string, into *string) {
	value, given := a.get(name, cty.String)
	switch {
	case !given:
	case isSensitive(value):
		a.wrong(name, "%s is shown in plans and recorded in the state, so it cannot be a sensitive value.", name)
	default:
		*into = value.AsString()
	}
}

func (a *arguments) texts(name string, into *[]string) {
	value, given := a.get(name, cty.List(cty.String))
	if !given {
		return
	}
	value, _ = value.UnmarkDeep()
	for it := value.ElementIterator(); it.Next(); {
		if _, element := it.Element(); !element.IsNull() {
			*into = append(*into, element.AsString())
		}
	}
}

func (a *arguments) choice(name string, into *string, choices ...string) {
	text := *into
	a.shown(name, &text)
	if !slices.Contains(choices, text) {
		a.wrong(name, "%q is not known.%s It is one of %s.", text, didYouMean(text, slices.Values(choices)), oneOf(choices))
		return
	}
	*into = text
}

func (a *arguments) whole(name string, into *int, least, most int64) {
	value, given := a.get(name, cty.Number)
	if !given {
		return
	}
	value, _ = value.Unmark()
	n, exact := value.AsBigFloat().Int64()
	if exact != 0 || n < least || n > most {
		a.wrong(name, "%s is a whole number from %d to %d.", name, least, most)
		return
	}
	*into = int(n)
}

func (a *arguments) rate(into *float64) {
	value, given := a.get("rate", cty.Number)
	if !given {
		return
	}
	value, _ = value.Unmark()
	rate, _ := value.AsBigFloat().Float64()
	if rate <= 0 || rate > 1e6 {
		a.wrong("rate", "rate is how many messages are published in a second: a number above 0, and at most 1,000,000.")
		return
	}
	*into = rate
}

func (a *arguments) duration(name string, into *time.Duration) {
	value, given := a.get(name, cty.String)
	if !given {
		return
	}
	value, _ = value.Unmark()
	d, err := parseDuration(value.AsString())
	if err != nil || d <= 0 {
		a.wrong(name, "%s is a time above 0: seconds, or a duration such as \"30s\" or \"2m\".", name)
		return
	}
	*into = d
}

// resolve makes a file's name absolute.
func (a *arguments) resolve(file *string) {
	if *file != "" && !filepath.IsAbs(*file) {
		*file = filepath.Join(a.root, *file)
	}
}
