package mqtt

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxTopicBytes is the longest topic name or filter that a packet can carry
// (MQTT-4.7.3-3).
const MaxTopicBytes = 65535

// CheckTopic returns an error if a string cannot be the topic of a retained message. It checks
// section 4.7, and that the topic does not start with "$": all brokers reserve such topics
// (4.7.2).
func CheckTopic(topic string) error {
	if err := checkTopicString(topic); err != nil {
		return err
	}
	if i := strings.IndexAny(topic, "+#"); i >= 0 {
		return fmt.Errorf("a topic name cannot contain the wildcard %q", topic[i])
	}
	if topic[0] == '$' {
		return errors.New(`topics that start with "$" are reserved for the broker`)
	}
	return nil
}

// CheckFilter returns an error if a string is not a topic filter: "#" must be the whole last
// level, and "+" a whole level (MQTT-4.7.1-1, MQTT-4.7.1-2).
func CheckFilter(filter string) error {
	if err := checkTopicString(filter); err != nil {
		return err
	}
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		switch {
		case level == "#" && i != len(levels)-1:
			return errors.New(`"#" must be the last level of a topic filter`)
		case level != "#" && level != "+" && strings.ContainsAny(level, "+#"):
			return fmt.Errorf("a wildcard must be a whole level of a topic filter, not part of %q", level)
		}
	}
	return nil
}

// checkTopicString checks the rules that names and filters share (MQTT-4.7.3-1 to
// MQTT-4.7.3-3, MQTT-1.5.4-1).
func checkTopicString(s string) error {
	switch {
	case s == "":
		return errors.New("a topic cannot be empty")
	case !utf8.ValidString(s):
		return errors.New("a topic must be valid UTF-8")
	case strings.ContainsRune(s, 0):
		return errors.New("a topic cannot contain the character U+0000")
	case len(s) > MaxTopicBytes:
		return fmt.Errorf("a topic can have at most %d bytes, this one has %d", MaxTopicBytes, len(s))
	}
	return nil
}

// StarAdvice is what to say of a filter with a "*", which other systems have as a wildcard.
const StarAdvice = `The wildcards of MQTT are "+" for one whole level and "#" for all further ones; "*" is a character ` +
	`like any other`

// IsFilter reports whether s has a wildcard, so that it can match several topics.
func IsFilter(s string) bool { return strings.ContainsAny(s, "+#") }

// Match reports whether topic matches filter. "a/#" also matches "a" (4.7.1.2), and a wildcard
// in the first level does not match a topic that starts with "$" (MQTT-4.7.2-1). Both must be
// valid: see CheckFilter and CheckTopic.
func Match(filter, topic string) bool {
	if strings.HasPrefix(topic, "$") && wildFirst(filter) {
		return false
	}
	for {
		f, restF, moreF := strings.Cut(filter, "/")
		if f == "#" {
			return true
		}
		t, restT, moreT := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		switch {
		case !moreT:
			return !moreF || restF == "#"
		case !moreF:
			return false
		}
		filter, topic = restF, restT
	}
}

// Overlap reports whether there is a topic that matches both filters.
func Overlap(filter1, filter2 string) bool {
	if wildFirst(filter1) && strings.HasPrefix(filter2, "$") || wildFirst(filter2) && strings.HasPrefix(filter1, "$") {
		return false
	}
	if filter1 == "+" && filter2 == "/#" || filter1 == "/#" && filter2 == "+" {
		return false // both match only the empty string, which is not a topic (MQTT-4.7.3-1)
	}
	for {
		a, restA, moreA := strings.Cut(filter1, "/")
		b, restB, moreB := strings.Cut(filter2, "/")
		switch {
		case a == "#" || b == "#":
			return true
		case a != b && a != "+" && b != "+":
			return false
		case !moreA:
			return !moreB || restB == "#"
		case !moreB:
			return restA == "#"
		}
		filter1, filter2 = restA, restB
	}
}

// wildFirst reports whether a filter's first level is a wildcard, which no topic that starts
// with "$" matches (MQTT-4.7.2-1).
func wildFirst(filter string) bool {
	return strings.HasPrefix(filter, "+") || strings.HasPrefix(filter, "#")
}
