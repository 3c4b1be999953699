package broker

import (
	"cmp"
	"strings"
	"time"
	"unicode"

	"github.com/retainctl/retainctl/broker/client"
	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec"
)

// kind is what is known of an MQTT broker beyond what it announces, measured on the version in the
// comment with its default configuration. The module contract tests each of them.
type kind struct {
	limits                   mqtt.Limits   // a zero field adds no limit
	noWildcards              bool          // a wildcard subscription delivers no retained messages
	scanEnds                 bool          // the PINGRESP after a wildcard subscription proves that everything was shown
	quiet, late              time.Duration // see client.Patience
	rate                     float64       // publishes per second if the block sets none; 0 means no limit
	connections              int           // number of connections if the block sets none; 0: as the round trip requires
	batchTopics, groupTopics int           // see client.Options
}

// ordered means that no quiet period is needed; see client.Patience.
const ordered = -1

// kinds are those of language.MQTTKinds. For a kind without an entry, what CONNACK says is enough. That
// also works for an unknown broker: it refuses messages later, or loses them and the read-back
// notices.
var kinds = map[string]kind{
	// Assumes the least: no order, and the longest pauses that were seen.
	"other": {quiet: 3 * time.Second, late: 15 * time.Second},
	// "retainctl broker": answers PINGREQ and UNSUBSCRIBE after the retained messages, and ends a
	// connection instead of dropping one of them.
	"retainctl": {quiet: ordered, late: time.Second, scanEnds: true},
	// Until 6.1.1 EMQX stopped at 1,000 messages; since then it pauses for up to 10 s in the middle
	// of a delivery. From 5.8.5 it acknowledges and does not store what arrives faster than 1,000 a
	// second; 2 % of that are left to other clients.
	"emqx": {quiet: 12 * time.Second, late: 12 * time.Second, rate: 980},
	// 2.0.11: one thread with one queue for a client. A PINGRESP overtakes retained messages only
	// while the socket is full, because the reader is slow; those then come before the answer to
	// the next request.
	"mosquitto": {quiet: ordered, late: time.Second, scanEnds: true, limits: mqtt.Limits{TopicSlashes: 200, TopicExcludes: mosquittoExcludes}},
	// 2.15.2, MQTT 3.1.1 only: a topic becomes a NATS subject. White space ends the connection,
	// topics that contain its wildcards * and > are not found again among other topics, and a
	// longer subject is acknowledged and lost. Its index for wildcards lags behind what it
	// acknowledged, and is empty after a start, so no answer proves the end of a scan.
	"nats": {limits: mqtt.Limits{TopicBytes: 65_468, PayloadBytes: 1<<20 - 25, TopicExcludes: natsExcludes}},
	// 3.10.8, MQTT 3.1.1 only: a topic becomes an AMQP routing key and back, which turns "a.b" into
	// "a/b" and "*" into "+". QoS 2 is acknowledged as QoS 1.
	"rabbitmq": {noWildcards: true, limits: mqtt.Limits{MaxQoS: 1, TopicExcludes: rabbitExcludes}},
	// 23.01: an exact subscription finds neither a topic that ends with "/" nor one that is deeper
	// than max_topic_depth, though publishes to both are acknowledged.
	"ejabberd": {limits: mqtt.Limits{TopicSlashes: 7, NoTrailingSlash: true}},
	// 1.2.0, MQTT 3.1.1 only: searches for retained messages after PINGRESP, about 3 ms for each
	// requested topic.
	"aedes": {late: 5 * time.Second, limits: mqtt.Limits{TopicSlashes: 99}},
	// By AWS's documented quotas: 8 topics in a SUBSCRIBE, 50 subscriptions and 100 publishes a
	// second on a connection. It is recognised by its host name.
	awsKind: {noWildcards: true, quiet: 2 * time.Second, rate: 98, connections: 1, batchTopics: 8, groupTopics: 40, limits: mqtt.AWSLimits},
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

// awsKind is not a value of the argument kind.
const awsKind = "aws iot"

// kindNamed returns the kind that a block names, which overrides what the broker says.
func kindNamed(name string, at spec.MQTTAddress) kind {
	if (name == "" || name == "auto") && isAWS(at.Host) {
		return kinds[awsKind]
	}
	return kinds[name]
}

// recognised returns the kind of a broker by its message at $SYS/broker/version.
func recognised(version string) kind {
	name, _, _ := strings.Cut(version, " ")
	switch name {
	case "mosquitto", "retainctl":
		return kinds[name]
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
	lower(&l.ContentTypeBytes, k.limits.ContentTypeBytes)
	lower(&l.UserPropBytes, k.limits.UserPropBytes)
	l.MaxExpiry = cmp.Or(k.limits.MaxExpiry, l.MaxExpiry)
	if q := k.limits.MaxQoS; q > 0 {
		l.MaxQoS = min(l.MaxQoS, q)
	}
	l.TopicExcludes, l.NoTrailingSlash = k.limits.TopicExcludes, k.limits.NoTrailingSlash
	return l
}

// tune makes a connection as patient as the kind needs.
func (k kind) tune(c *client.Client) {
	c.Patience(k.quiet, k.late)
}
