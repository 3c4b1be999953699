package spec

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/sensitive"
)

// messageDecl is a message block before evaluation.
type messageDecl struct {
	label     string
	at        hcl.Range // of the block's header
	labelAt   hcl.Range
	attrs     hcl.Attributes
	lifecycle hcl.Attributes

	preconditions, postconditions []rule
}

// referable are the attributes that other expressions can use.
var referable = []string{
	"topic", "broker", "qos", "payload", "payload_base64", "content_type", "payload_format_indicator",
	"user_properties", "response_topic", "correlation_data", "message_expiry",
}

func (d *declarations) message(b *hcl.Block) {
	label := b.Labels[0]
	if first, there := d.messages[label]; there {
		d.duplicate(b.DefRange, fmt.Sprintf("message %q", label), first.at, "Labels of messages are unique over all files; the topic may be the same as the label or given by topic.")
		return
	}
	if label == "" {
		d.report(errorf(&b.LabelRanges[0], "Empty label", "A message's label names it in plans, and is its topic where no topic is given."))
		return
	}
	content := d.content(b.Body, described("message", ""))
	m := &messageDecl{label: label, at: b.DefRange, labelAt: b.LabelRanges[0], attrs: content.Attributes}
	d.messages[label] = m
	for i, block := range content.Blocks {
		if i > 0 {
			d.duplicate(block.DefRange, "lifecycle block", content.Blocks[0].DefRange, "Merge them: one message has one.")
			break
		}
		d.lifecycle(m, block)
	}
	d.oneRepeat(m.attrs, "message")
}

// repeat is the argument that gives a block its instances, or "".
func repeat(attrs hcl.Attributes) string {
	for _, name := range []string{"for_each", "count"} {
		if attrs[name] != nil {
			return name
		}
	}
	return ""
}

func (m *messageDecl) repeat() string { return repeat(m.attrs) }

// oneRepeat reports a block that has both arguments, and takes one out.
func (d *declarations) oneRepeat(attrs hcl.Attributes, block string) {
	if attrs["for_each"] != nil && attrs["count"] != nil {
		d.report(errorf(&attrs["count"].Range, "Both for_each and count", "A %s block has either for_each, with one instance for each key, or count, with numbered instances.", block))
		delete(attrs, "count")
	}
}

// expressions are those that a message's instances are made of.
func (m *messageDecl) expressions() []hcl.Expression {
	attrs := maps.Clone(m.attrs)
	delete(attrs, "depends_on")
	return append(expressions(attrs), ruleExpressions(slices.Concat(m.preconditions, m.postconditions))...)
}

func (m *messageDecl) address() string { return Address(m.label, cty.NilVal) }

// argument gives the range of an argument, or of the block's header where it is not given.
func (m *messageDecl) argument(names ...string) *hcl.Range {
	return place(m.attrs, &m.at, names...)
}

// expansion is an evaluated message block.
type expansion struct {
	e        *evaluator // of the module that the block stands in
	decl     *messageDecl
	messages []Message // in the order of their keys
	common   *Message  // what was read once for all instances; nil before
	broken   bool      // an instance could not be evaluated
	tally    tally
}

// at says which instance is looked at: the address tells nothing where there is one.
func (x *expansion) at(address string, index cty.Value) {
	if index != cty.NilVal || x.e.call != nil {
		x.tally.instance = address
	}
}

// value is what other expressions see of the block.
func (x *expansion) value() cty.Value {
	if x.broken {
		return cty.DynamicVal
	}
	switch x.decl.repeat() {
	case "for_each":
		all := make(map[string]cty.Value, len(x.messages))
		for i := range x.messages {
			all[x.messages[i].Index.AsString()] = object(&x.messages[i])
		}
		return cty.ObjectVal(all)
	case "count":
		all := make([]cty.Value, len(x.messages))
		for i := range x.messages {
			all[i] = object(&x.messages[i])
		}
		return cty.TupleVal(all)
	}
	return object(&x.messages[0])
}

// object gives a message's attributes, with what is sensitive marked again.
func object(m *Message) cty.Value {
	marked := func(f mqtt.Fields, v cty.Value) cty.Value {
		if m.Redaction.Fields.Has(f) {
			return v.Mark(sensitive.Mark)
		}
		return v
	}
	payload, encoded := cty.NullVal(cty.String), cty.StringVal(base64.StdEncoding.EncodeToString(m.Payload))
	if utf8.Valid(m.Payload) {
		payload = cty.StringVal(string(m.Payload))
	}
	if leaves := m.Redaction.Leaves; len(leaves) > 0 {
		payload = payload.WithMarks(sensitive.Leaves(string(m.Payload), leaves))
		encoded = encoded.Mark(sensitive.Mark)
	}
	return cty.ObjectVal(map[string]cty.Value{
		"topic":                    cty.StringVal(m.Topic),
		"broker":                   cty.StringVal(m.Broker),
		"qos":                      cty.NumberIntVal(int64(m.QoS)),
		"payload":                  marked(mqtt.FieldPayload, payload),
		"payload_base64":           marked(mqtt.FieldPayload, encoded),
		"content_type":             marked(mqtt.FieldContentType, stringOrNull(m.ContentType)),
		"payload_format_indicator": cty.StringVal(m.PayloadFormat.String()),
		"user_properties":          marked(mqtt.FieldUserProperties, properties(m)),
		"response_topic":           marked(mqtt.FieldResponseTopic, stringOrNull(m.ResponseTopic)),
		"correlation_data":         marked(mqtt.FieldCorrelationData, stringOrNull(base64.StdEncoding.EncodeToString(m.CorrelationData))),
		"message_expiry":           expiry(m.Expiry),
	})
}

func stringOrNull(s string) cty.Value {
	if s == "" {
		return cty.NullVal(cty.String)
	}
	return cty.StringVal(s)
}

func expiry(seconds uint32) cty.Value {
	if seconds == 0 {
		return cty.NullVal(cty.Number)
	}
	return cty.NumberUIntVal(uint64(seconds))
}

// properties gives user properties in the form that they were declared in.
func properties(m *Message) cty.Value {
	if m.OrderedProperties {
		list := []cty.Value{}
		for _, p := range m.UserProperties {
			list = append(list, cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(p.Name), "value": cty.StringVal(p.Value)}))
		}
		return cty.TupleVal(list)
	}
	all := map[string]cty.Value{}
	for _, p := range m.UserProperties {
		all[p.Name] = cty.StringVal(p.Value)
	}
	if len(all) == 0 {
		return cty.MapValEmpty(cty.String)
	}
	return cty.MapVal(all)
}
