package generate

import (
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"

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

// item is a message on its way into the configuration.
type item struct {
	m      mqtt.Message
	style  style
	alone  bool // not in a family
	levels []string
	attrs  []attr
	shape  string // what it has in common with the others of a family
	leaves []*node
}

// attr is one argument of a message block.
type attr struct {
	name  string
	call  string // the function that its value is given to: "jsonencode", or none
	value node
}

func newItem(m mqtt.Message, o Options, s style) *item {
	if o.Exact {
		s = max(s, literal)
	}
	it := &item{m: m, style: s, levels: strings.Split(m.Topic, "/")}
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
	it.correlation()
	if m.Expiry > 0 {
		it.string("message_expiry", expiry(m.Expiry, o.ExpiryCountsDown))
	}
	it.reshape()
	return it
}

func (it *item) add(name, call string, value node) {
	it.attrs = append(it.attrs, attr{name, call, value})
}

func (it *item) string(name, value string) {
	if value != "" {
		it.add(name, "", node{kind: text, text: value})
	}
}

func (it *item) payload() {
	p := it.m.Payload
	if it.style == values {
		if doc, ok := document(p); ok {
			it.add("payload", "jsonencode", doc)
			return
		}
	}
	if it.style == bytesOnly || !readable(p) {
		it.string("payload_base64", base64.StdEncoding.EncodeToString(p))
		return
	}
	it.string("payload", string(p))
}

// correlation data is bytes, and often text all the same.
func (it *item) correlation() {
	data := it.m.CorrelationData
	switch {
	case len(data) == 0:
	case it.style < bytesOnly && readable(data):
		it.add("correlation_data", "base64encode", node{kind: text, text: string(data)})
	default:
		it.string("correlation_data", base64.StdEncoding.EncodeToString(data))
	}
}

// userProperties are a map where their names allow it: then their order does not
// matter to a plan either.
func userProperties(props []mqtt.UserProperty) node {
	names := map[string]bool{}
	object := node{kind: '{'}
	list := node{kind: '['}
	for _, p := range props {
		names[p.Name] = true
		object.kids = append(object.kids, node{kind: text, name: p.Name, text: p.Value})
		list.kids = append(list.kids, node{kind: '{', kids: []node{
			{kind: text, name: "name", text: p.Name}, {kind: text, name: "value", text: p.Value},
		}})
	}
	if len(names) < len(props) {
		return list
	}
	return object
}

// expiry spells the seconds of an expiry. What a broker shows is mostly what is
// left of it: a plan takes any longer time for equal, so it is rounded up to what
// its author may have written.
func expiry(seconds uint32, countsDown bool) string {
	d := time.Duration(seconds) * time.Second
	unit := time.Second
	switch {
	case !countsDown:
	case d > 48*time.Hour:
		unit = 24 * time.Hour
	case d > 2*time.Hour:
		unit = time.Hour
	case d > 2*time.Minute:
		unit = time.Minute
	}
	d = (d + unit - 1) / unit * unit
	if d > math.MaxUint32*time.Second {
		d = time.Duration(seconds) * time.Second
	}
	hours := d / time.Hour
	switch {
	case d%(24*time.Hour) == 0 && hours >= 48:
		return fmt.Sprintf("%dd", hours/24)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", hours)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// readable tells whether bytes are text that the language can say and a reader can
// read: it normalises strings, and control characters speak of a binary format.
func readable(b []byte) bool {
	return utf8.Valid(b) && sayable(string(b)) && !slices.ContainsFunc([]rune(string(b)), func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r)
	})
}

// sayable tells whether a string of the language can be s: it is in normal form.
func sayable(s string) bool { return cty.NormalizeString(s) == s }

// undeclarable says why no configuration can declare a message, or nothing.
func undeclarable(m mqtt.Message) string {
	if v := mqtt.StandardLimits.Check(m); len(v) > 0 {
		return v[0].Reason
	}
	said := []string{m.ContentType, m.ResponseTopic}
	for _, p := range m.UserProperties {
		said = append(said, p.Name, p.Value)
	}
	switch {
	case !sayable(m.Topic):
		return "its topic is not in Unicode's normal form NFC, and strings of the configuration are"
	case slices.ContainsFunc(said, func(s string) bool { return !sayable(s) }):
		return "one of its properties is not in Unicode's normal form NFC, and strings of the configuration are"
	case len(m.Payload) == 0:
		return "its payload is empty"
	}
	return ""
}

// document reads a payload as a document that jsonencode gives again.
func document(p []byte) (node, bool) {
	doc, ok := payload.Parse(p)
	if !ok {
		return node{}, false
	}
	return convert(doc.Root(), 0)
}
