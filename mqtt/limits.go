package mqtt

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits are what a broker accepts. A zero field sets no limit.
type Limits struct {
	Broker           string // the broker's name in messages: "AWS IoT Core"
	TopicBytes       int
	TopicSlashes     int
	PayloadBytes     int
	MaxQoS           QoS
	OnlyQoS0         bool   // needed because a zero MaxQoS sets no limit
	MaxExpiry        uint32 // seconds
	ContentTypeBytes int
	UserPropBytes    int // names and values of all user properties together
	// What some brokers refuse or lose although it is legal.
	TopicExcludes   *unicode.RangeTable // characters that no topic may contain
	NoTrailingSlash bool                // no topic may end with an empty level
	Uncarried       Fields              // fields that the connection cannot carry: properties over MQTT 3.1.1
}

// MaxPayloadBytes is the length of the longest payload that is read from a broker, and so of the
// longest that is published: what cannot be read back cannot be planned. It is also the largest file
// that a configuration reads.
const MaxPayloadBytes = 64 << 20

// StandardLimits are those of the protocol itself: a payload must fit in a packet of
// 268,435,455 bytes (2.1.4).
var StandardLimits = Limits{
	Broker: "MQTT", TopicBytes: MaxTopicBytes, PayloadBytes: 268_435_455 - 5 - MaxTopicBytes, MaxQoS: 2,
}

// AWSLimits are those of AWS IoT Core, "message broker and protocol limits and quotas". AWS
// silently reduces a larger expiry, so the planner must refuse it.
var AWSLimits = Limits{
	Broker: "AWS IoT Core", TopicBytes: 256, TopicSlashes: 7, PayloadBytes: 128 << 10,
	MaxQoS: 1, MaxExpiry: 604_800, ContentTypeBytes: 256, UserPropBytes: 8 << 10,
}

// Violation is one reason why a broker would refuse a message.
type Violation struct {
	Field  Fields // 0 means the topic
	Reason string // a clause, without a full stop
}

// Check returns everything in m that the limits or the protocol forbid, or nil.
func (l Limits) Check(m Message) []Violation {
	var found []Violation
	add := func(f Fields, format string, args ...any) {
		found = append(found, Violation{f, fmt.Sprintf(format, args...)})
	}
	over := func(n, limit int) bool { return limit > 0 && n > limit }
	if err := CheckTopic(m.Topic); err != nil {
		add(0, "%s", err)
	} else if over(len(m.Topic), l.TopicBytes) {
		add(0, "%s accepts topics of at most %d bytes, this one has %d", l.Broker, l.TopicBytes, len(m.Topic))
	}
	if n := strings.Count(m.Topic, "/"); over(n, l.TopicSlashes) {
		add(0, "%s accepts at most %d slashes in a topic, this one has %d", l.Broker, l.TopicSlashes, n)
	}
	found = append(found, l.checkCharacters(m.Topic)...)
	if lost := m.Diff(Message{}) & l.Uncarried; lost != 0 {
		add(lost, "%s cannot carry %s", l.Broker, strings.Join(lost.Names(), ", "))
	}
	switch n := len(m.Payload); {
	case over(n, l.PayloadBytes):
		add(FieldPayload, "%s accepts payloads of at most %d bytes, this one has %d",
			l.Broker, l.PayloadBytes, n)
	case n > MaxPayloadBytes:
		add(FieldPayload, "only payloads of at most %d bytes can be read back from a broker, this one has %d",
			MaxPayloadBytes, n)
	}
	if m.PayloadFormat == UTF8Data && !utf8.Valid(m.Payload) {
		add(FieldPayloadFormat, "the payload is not valid UTF-8, so its format cannot be UTF8_DATA")
	}
	switch {
	case m.QoS > 2:
		add(FieldQoS, "MQTT has QoS 0 to 2, not %d", m.QoS)
	case l.OnlyQoS0 && m.QoS > 0:
		add(FieldQoS, "%s accepts QoS 0 only, not %d", l.Broker, m.QoS)
	case over(int(m.QoS), int(l.MaxQoS)):
		add(FieldQoS, "%s accepts QoS 0 to %d, not %d", l.Broker, l.MaxQoS, m.QoS)
	}
	if l.MaxExpiry > 0 && m.Expiry > l.MaxExpiry {
		add(FieldExpiry, "%s keeps a message for at most %d seconds, not %d", l.Broker, l.MaxExpiry, m.Expiry)
	}
	if over(len(m.ContentType), l.ContentTypeBytes) {
		add(FieldContentType, "%s accepts a content type of at most %d bytes, this one has %d",
			l.Broker, l.ContentTypeBytes, len(m.ContentType))
	}
	if n := m.UserPropertyBytes(); over(n, l.UserPropBytes) {
		add(FieldUserProperties, "%s accepts user properties of at most %d bytes together, these have %d",
			l.Broker, l.UserPropBytes, n)
	}
	if m.ResponseTopic != "" {
		if err := checkResponseTopic(m.ResponseTopic); err != nil {
			add(FieldResponseTopic, "%s", err)
		}
	}
	return append(found, checkStrings(m)...)
}

func (l Limits) checkCharacters(topic string) []Violation {
	var found []Violation
	if l.TopicExcludes != nil {
		if i := strings.IndexFunc(topic, func(r rune) bool { return unicode.Is(l.TopicExcludes, r) }); i >= 0 {
			r, _ := utf8.DecodeRuneInString(topic[i:])
			found = append(found, Violation{0, fmt.Sprintf("%s accepts no %U in a topic (%q)", l.Broker, r, r)})
		}
	}
	if l.NoTrailingSlash && strings.HasSuffix(topic, "/") {
		found = append(found, Violation{0, fmt.Sprintf(`%s cannot return a topic that ends with "/"`, l.Broker)})
	}
	return found
}

// checkResponseTopic checks MQTT-3.3.2-14: no wildcards.
func checkResponseTopic(topic string) error {
	if IsFilter(topic) {
		return fmt.Errorf("a response topic cannot contain wildcards")
	}
	return checkTopicString(topic)
}

// checkStrings checks the properties except the response topic, which Check checks as a
// topic.
func checkStrings(m Message) []Violation {
	var found []Violation
	for row := range (Properties &^ FieldResponseTopic).Shown() {
		switch at := row.At(&m).(type) {
		case *string:
			if flaw := stringFlaw(*at); flaw != "" {
				found = append(found, Violation{row.Bit, "a " + row.Noun + flaw})
			}
		case *[]byte:
			if len(*at) > MaxTopicBytes {
				found = append(found, Violation{row.Bit, row.Noun + tooLong()})
			}
		case *[]UserProperty:
			for _, p := range *at {
				if flaw := stringFlaw(p.Name); flaw != "" {
					found = append(found, Violation{row.Bit, "a " + row.Noun + "'s name" + flaw})
				}
				if flaw := stringFlaw(p.Value); flaw != "" {
					found = append(found, Violation{row.Bit, "a " + row.Noun + "'s value" + flaw})
				}
			}
		}
	}
	return found
}

func tooLong() string { return fmt.Sprintf(" can have at most %d bytes", MaxTopicBytes) }

// stringFlaw returns how s violates MQTT-1.5.4-1, MQTT-1.5.4-2 or the two-byte length of a
// string (1.5.4), or "" if it does not.
func stringFlaw(s string) string {
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		return " must be valid UTF-8 without U+0000"
	case len(s) > MaxTopicBytes:
		return tooLong()
	}
	return ""
}

// Doubts returns what is legal in a message but refused or lost by common brokers, or nil.
// NATS closes the connection for a space in a topic. ejabberd fails on 151 levels. mosquitto
// closes the connection for a control character or a noncharacter in any string of the packet,
// which 1.5.4 allows a receiver to do.
func Doubts(m Message) []Violation {
	var doubts []Violation
	add := func(is bool, why string) {
		if is {
			doubts = append(doubts, Violation{0, why})
		}
	}
	add(strings.Contains(m.Topic, " "), "it contains a space, which NATS refuses")
	add(strings.ContainsFunc(m.Topic, disallowed),
		"it contains a control character or a noncharacter of Unicode, which mosquitto refuses")
	add(strings.HasPrefix(m.Topic, "/"), `it starts with "/", which makes an empty first level`)
	add(strings.Count(m.Topic, "/") >= 50, "it has more than 50 levels, which some brokers refuse")
	for row := range Properties.Rows() {
		switch at := row.At(&m).(type) {
		case *string:
			if strings.ContainsFunc(*at, disallowed) {
				doubts = append(doubts, Violation{row.Bit, "its " + row.Noun + disallowedIn})
			}
		case *[]UserProperty:
			if slices.ContainsFunc(*at, UserProperty.disallowed) {
				doubts = append(doubts, Violation{row.Bit, "a " + row.Noun + disallowedIn})
			}
		}
	}
	return doubts
}

const disallowedIn = " contains a control character or a noncharacter of Unicode," +
	" for which mosquitto closes the connection"

func (p UserProperty) disallowed() bool {
	return strings.ContainsFunc(p.Name, disallowed) || strings.ContainsFunc(p.Value, disallowed)
}

// disallowed reports whether r is one of the "Disallowed Unicode code points" of 1.5.4.
func disallowed(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Noncharacter_Code_Point, r)
}
