package language

import (
	"fmt"
	"strings"

	"github.com/retainctl/retainctl/mqtt"
)

// MQTTKinds returns the values of the argument kind of a broker "mqtt" block, the
// default first. They are the brokers that package broker treats differently.
func MQTTKinds() []string {
	return []string{"auto", "retainctl", "mosquitto", "emqx", "hivemq", "nats", "rabbitmq", "ejabberd", "aedes", "other"}
}

// MQTTProtocols returns the values of the argument protocol, the default first.
func MQTTProtocols() []string { return []string{"auto", "5", "3.1.1"} }

// choices returns the values of an argument in the form of Argument.Limits.
func choices(values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = fmt.Sprintf("`%q`", value)
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

func brokerBlocks() []Block { return []Block{mqttBlock(), awsBlock(), embeddedBlock()} }

func rate(byDefault string) Argument {
	return Argument{
		Name: "rate", Type: "number", Default: byDefault,
		Doc: "publishes a second", Limits: "above 0, at most 1,000,000",
	}
}

func mqttBlock() Block {
	return Block{
		Type: "broker", Kind: "mqtt", Labels: []string{"type", "name"}, RootOnly: true, Accepts: mqtt.StandardLimits,
		Doc: "A broker that speaks MQTT 5 or 3.1.1.",
		Arguments: []Argument{
			{
				Name: "url", Type: "string", Required: true,
				Doc: "the address: `mqtt://HOST[:PORT]`, `mqtts://…`, `ws://HOST[:PORT][/PATH]`, `wss://…` or " +
					"`unix:///PATH`",
				Limits: "ports 1883, 8883, 80 and 443 unless given",
			},
			{Name: "username", Type: "string", Hidden: true, Doc: "the user name"},
			{Name: "password", Type: "string", Sensitive: true, Doc: "the password", Limits: "not together with `token`"},
			{Name: "token", Type: "string", Sensitive: true, Doc: "a JWT or the like, sent as the password"},
			{
				Name: "ca_file", Type: "string", Default: "the system's authorities",
				Doc:    "PEM file of the authorities to trust",
				Limits: "with TLS only",
			},
			{
				Name: "cert_file", Type: "string",
				Doc:    "PEM file of a client certificate",
				Limits: "with TLS, and with `key_file`",
			},
			{
				Name: "key_file", Type: "string", Sensitive: true,
				Doc:    "PEM file of its private key",
				Limits: "with TLS, and with `cert_file`",
			},
			{
				Name: "server_name", Type: "string", Default: "the host of `url`",
				Doc:    "the name to check in the broker's certificate",
				Limits: "with TLS only",
			},
			{Name: "alpn", Type: "list of strings", Doc: "protocols to offer in TLS", Limits: "with TLS only"},
			{
				Name: "client_id", Type: "string", Default: "generated",
				Doc: "the client identifier; further connections append `-2`, `-3`, … to it",
			},
			{
				Name: "protocol", Type: "string", Default: `"auto"`,
				Doc:    "`\"auto\"` is 5, or 3.1.1 if the broker does not support 5",
				Limits: choices(MQTTProtocols()),
			},
			{
				Name: "kind", Type: "string", Default: `"auto"`,
				Doc:    "the software of the broker",
				Limits: choices(MQTTKinds()),
			},
			{
				Name: "connections", Type: "number", Default: "0",
				Doc:    "how many connections publish; with 0, retainctl chooses",
				Limits: "0 to 64",
			},
			rate("none; EMQX 980, AWS 98"),
			{
				Name: "timeout", Type: "number of seconds, or duration", Default: `"30s"`,
				Doc:    "how long to wait for an answer",
				Limits: "above 0",
			},
		},
	}
}

func awsBlock() Block {
	return Block{
		Type: "broker", Kind: "aws_iot", Labels: []string{"type", "name"}, RootOnly: true, Accepts: mqtt.AWSLimits,
		Doc: "AWS IoT Core's data plane, over HTTPS.",
		Arguments: []Argument{
			{Name: "region", Type: "string", Default: "`AWS_REGION`, or the profile's", Doc: "the region of the messages"},
			{
				Name: "endpoint", Type: "string", Default: "the account's own",
				Doc: "a host, or `https://HOST[:PORT]`; `http://` for emulators",
			},
			{Name: "profile", Type: "string", Default: "`AWS_PROFILE`", Doc: "a profile of the AWS configuration files"},
			{Name: "role_arn", Type: "string", Doc: "a role to assume with these credentials"},
			rate("the account's quota"),
		},
	}
}

func embeddedBlock() Block {
	return Block{
		Type: "broker", Kind: "embedded", Labels: []string{"type", "name"}, RootOnly: true, Accepts: mqtt.StandardLimits,
		Doc: "A file that takes the place of a broker; `retainctl broker` serves it over MQTT and as AWS " +
			"IoT's data plane. Without any broker block, `broker \"embedded\" \"default\"` is declared.",
		Arguments: []Argument{
			{Name: "path", Type: "string", Default: `".retainctl/broker.db"`, Doc: "the file", Limits: "not empty"},
		},
	}
}
