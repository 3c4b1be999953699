package broker

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/retainctl/retainctl/broker/client"
	"github.com/retainctl/retainctl/mqtt"
)

// kind is what is known of an MQTT broker beyond what it announces: measured on
// the version in the comment, with its default configuration. The module
// contract holds each of them to it.
type kind struct {
	limits      mqtt.Limits // zero fields add nothing
	noWildcards bool        // a wildcard subscription gives no retained messages
	ordered     bool        // see client.TrustOrder
	late        time.Duration
}

// kinds are the values of the argument kind. Those without an entry are served
// by what CONNACK says alone, which is also right for a broker of no known kind:
// it refuses later, or loses what the read-back then misses.
var kinds = map[string]kind{
	"auto": {}, "other": {}, "hivemq": {},
	// Until 6.1.1 EMQX stopped at 1,000 messages; since then it backs off for up
	// to 10 s in the middle of a delivery.
	"emqx": {late: 12 * time.Second},
	// 2.0.11: one thread with one queue for a client. In no measured run did a
	// PINGRESP overtake a retained message, also not in those that lost some.
	"mosquitto": {ordered: true, limits: mqtt.Limits{TopicSlashes: 200, TopicExcludes: mosquittoExcludes}},
	// 2.15.2, MQTT 3.1.1 only: a topic becomes a NATS subject. White space ends the
	// connection, its wildcards * and > are not found again beside other topics,
	// and a subject of more bytes is acknowledged and lost.
	"nats": {limits: mqtt.Limits{TopicBytes: 65_468, PayloadBytes: 1<<20 - 25, TopicExcludes: natsExcludes}},
	// 3.10.8, MQTT 3.1.1 only: a topic becomes an AMQP routing key and back, which
	// makes "a/b" of "a.b" and "+" of "*". QoS 2 is acknowledged as QoS 1.
	"rabbitmq": {noWildcards: true, limits: mqtt.Limits{MaxQoS: 1, TopicExcludes: rabbitExcludes}},
	// 23.01: an exact subscription does not find a topic that ends with "/", nor
	// may it be deeper than max_topic_depth, though both are acknowledged.
	"ejabberd": {limits: mqtt.Limits{TopicSlashes: 7, NoTrailingSlash: true}},
	// 1.2.0, MQTT 3.1.1 only: retained messages are searched for after PINGRESP,
	// about 3 ms for each topic that was asked for.
	"aedes": {late: 5 * time.Second, limits: mqtt.Limits{TopicSlashes: 99}},
}

var (
	natsExcludes   = &unicode.RangeTable{R16: []unicode.Range16{{0x09, 0x0a, 1}, {0x0c, 0x0d, 1}, {0x20, 0x20, 1}, {'*', '*', 1}, {'>', '>', 1}, {0x7f, 0x7f, 1}}, LatinOffset: 6}
	rabbitExcludes = &unicode.RangeTable{R16: []unicode.Range16{{'*', '*', 1}, {'.', '.', 1}}, LatinOffset: 2}
	// Control characters and the non-characters of the first plane, which MQTT
	// discourages (1.5.4) and mosquitto takes for a malformed packet.
	mosquittoExcludes = &unicode.RangeTable{
		R16:         []unicode.Range16{{0x01, 0x1f, 1}, {0x7f, 0x9f, 1}, {0xfdd0, 0xfdef, 1}, {0xfffe, 0xffff, 1}},
		LatinOffset: 2,
	}
)

func kindNamed(name string) (kind, error) {
	if name == "" {
		name = "auto"
	}
	k, ok := kinds[name]
	if !ok {
		return k, fmt.Errorf("the kind %q is not known", name)
	}
	return k, nil
}

// recognised gives the kind of a broker that says in $SYS/broker/version what it
// is.
func recognised(version string) kind {
	if strings.HasPrefix(version, "mosquitto ") {
		return kinds["mosquitto"]
	}
	return kind{}
}

// narrow adds the limits of the kind to those that the broker announced.
func (k kind) narrow(l mqtt.Limits) mqtt.Limits {
	lower := func(have *int, known int) {
		if known > 0 && (*have == 0 || known < *have) {
			*have = known
		}
	}
	lower(&l.TopicBytes, k.limits.TopicBytes)
	lower(&l.TopicSlashes, k.limits.TopicSlashes)
	lower(&l.PayloadBytes, k.limits.PayloadBytes)
	if q := k.limits.MaxQoS; q > 0 {
		l.MaxQoS = min(l.MaxQoS, q)
	}
	l.TopicExcludes, l.NoTrailingSlash = k.limits.TopicExcludes, k.limits.NoTrailingSlash
	return l
}

// tune makes a connection as patient as the kind needs.
func (k kind) tune(c *client.Client) {
	if k.ordered {
		c.TrustOrder()
	}
}
