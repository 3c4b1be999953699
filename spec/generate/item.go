package generate

import (
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/mqtt/payload"
)

// style is how plainly a payload is written.
type style int

const (
	values    style = iota // a document as jsonencode({ ... })
	literal                // text as it is
	bytesOnly              // base64
)

// item is a message that the configuration is to declare.
type item struct {
	m      mqtt.Message
	style  style
	single bool // written by itself, not in a table
	levels []string
	args   node   // of the message block, as the members of an object
	shape  string // the same for all rows of a table
	leaves []*node
}

func newItem(m mqtt.Message, o Options, s style) *item {
	if o.Exact {
		s = max(s, literal)
	}
	it := &item{m: m, style: s, levels: strings.Split(m.Topic, "/"), args: node{kind: '{'}}
	if m.QoS != defaultQoS {
		it.add("qos", "", node{kind: number, text: fmt.Sprint(m.QoS)})
	}
	it.string("content_type", m.ContentType)
	if m.PayloadFormat == mqtt.UTF8Data {
		it.string("payload_format_indicator", m.PayloadFormat.String())
	}
	it.payload()
	if len(m.UserProperties) > 0 {
		it.add("user_properties", "", userProperties(m.UserProperties))
	}
	it.string("response_topic", m.ResponseTopic)
	if s < bytesOnly && readable(m.CorrelationData) && len(m.CorrelationData) > 0 {
		it.add("correlation_data", "base64encode", *textNode(string(m.CorrelationData)))
	} else {
		it.string("correlation_data", base64.StdEncoding.EncodeToString(m.CorrelationData))
	}
	if m.Expiry > 0 {
		it.string("message_expiry", expiry(uint64(m.Expiry), o.ExpiryCountsDown))
	}
	it.reshape()
	return it
}

func (it *item) add(name, call string, value node) {
	value.name, value.call = name, call
	it.args.kids = append(it.args.kids, value)
}

func (it *item) string(name, value string) {
	if value != "" {
		it.add(name, "", *textNode(value))
	}
}

func (it *item) payload() {
	p := it.m.Payload
	if it.style == values {
		if doc, ok := payload.Parse(p); ok {
			if value, ok := convert(doc.Root(), 0); ok {
				it.add("payload", "jsonencode", value)
				return
			}
		}
	}
	if it.binary() {
		it.string("payload_base64", base64.StdEncoding.EncodeToString(p))
		return
	}
	it.string("payload", string(p))
}

// binary reports whether the payload is written as bytes.
func (it *item) binary() bool { return it.style == bytesOnly || !readable(it.m.Payload) }

// reshape sets the shape and the leaves of an item: the positions in its arguments that have a
// value. The order of an object's members does not matter.
func (it *item) reshape() {
	leaves := map[string]*node{}
	it.args.walk(nil, nil, func(at []byte, _ []string, leaf *node) {
		kind := leaf.kind
		switch {
		case leaf.shared != nil:
			kind = '='
		case kind == text || kind == number || kind == keyword:
			kind = '.' // rows may differ in these kinds
		}
		leaves[string(append(at, kind))] = leaf
	})
	places := slices.Sorted(maps.Keys(leaves))
	it.shape = strings.Join(places, "\n")
	it.leaves = make([]*node, len(places))
	for i, at := range places {
		it.leaves[i] = leaves[at]
	}
}

// userProperties returns a map if no name occurs twice, because then their order does not matter to
// a plan; otherwise a list.
func userProperties(props []mqtt.UserProperty) node {
	names := map[string]bool{}
	object, all := node{kind: '{'}, node{kind: '['}
	for _, p := range props {
		names[p.Name] = true
		object.kids = append(object.kids, textNode(p.Value).named(p.Name))
		pair := []node{textNode(p.Name).named("name"), textNode(p.Value).named("value")}
		all.kids = append(all.kids, node{kind: '{', kids: pair})
	}
	if len(names) < len(props) {
		return all
	}
	return object
}

// expiry returns an expiry as a duration. If the broker counts expiry down, the seconds are the
// remaining time, and a plan accepts any longer time as equal. They are then rounded up to a time
// that the author may have written.
func expiry(seconds uint64, countsDown bool) string {
	units := []struct {
		seconds uint64
		name    string
	}{{24 * 60 * 60, "d"}, {60 * 60, "h"}, {60, "m"}}
	for _, u := range units {
		round := countsDown && seconds > 2*u.seconds && seconds < math.MaxUint32-u.seconds
		if round || seconds%u.seconds == 0 {
			return fmt.Sprint((seconds+u.seconds-1)/u.seconds, u.name)
		}
	}
	return fmt.Sprint(seconds, "s")
}

// readable reports whether bytes are text that the language can represent and people can read.
// Control characters suggest a binary format.
func readable(b []byte) bool {
	return utf8.Valid(b) && representable(string(b)) && !strings.ContainsFunc(string(b), func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r)
	})
}

// undeclarable returns the reason why no configuration can declare a message, or "" if one can.
func undeclarable(m mqtt.Message) string {
	if v := mqtt.StandardLimits.Check(m); len(v) > 0 {
		return v[0].Reason
	}
	switch {
	case !representable(m.Topic):
		return "its topic is not in Unicode's normal form NFC, and strings of a configuration always are"
	case slices.ContainsFunc(slices.Collect(m.Strings()), func(s string) bool { return !representable(s) }):
		return "one of its properties is not in Unicode's normal form NFC, and strings of a configuration always are"
	case len(m.Payload) == 0:
		return "its payload is empty"
	}
	return ""
}
