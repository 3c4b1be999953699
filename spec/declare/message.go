package declare

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/addrs"
	"github.com/retainctl/retainctl/spec/diag"
	"github.com/retainctl/retainctl/spec/language"
)

// Message is a message block.
type Message struct {
	Label     string
	At        hcl.Range // of the block's header
	labelAt   hcl.Range
	Attrs     hcl.Attributes
	Lifecycle hcl.Attributes

	Preconditions, Postconditions []Rule
}

// message adds a message block to those that are known.
func (r *reader) message(b *hcl.Block, known map[string]*Message) {
	label := b.Labels[0]
	if first, there := known[label]; there {
		r.duplicate(b.DefRange, fmt.Sprintf("message %q", label), first.At,
			"Labels of messages are unique over all files; the topic may be the same as the label or given by "+
				"topic.")
		return
	}
	if label == "" {
		r.report(diag.Errorf(&b.LabelRanges[0], "Empty label",
			"A message's label names it in plans, and is its topic where no topic is given."))
		return
	}
	content := r.content(b.Body, language.Find("message", ""))
	m := &Message{Label: label, At: b.DefRange, labelAt: b.LabelRanges[0], Attrs: content.Attributes}
	known[label] = m
	for i, block := range content.Blocks {
		if i > 0 {
			r.duplicate(block.DefRange, "lifecycle block", content.Blocks[0].DefRange, "Merge them: one message has one.")
			break
		}
		r.lifecycle(m, block)
	}
	r.oneRepeat(m.Attrs, "message")
}

// Repeat returns which argument gives the block its instances, or "".
func (m *Message) Repeat() string { return Repeat(m.Attrs) }

// Expressions returns those that the block's instances are made of.
func (m *Message) Expressions() []hcl.Expression {
	attrs := maps.Clone(m.Attrs)
	delete(attrs, "depends_on")
	return append(Expressions(attrs), RuleExpressions(slices.Concat(m.Preconditions, m.Postconditions))...)
}

// Address returns the block's address, without the module that it is in.
func (m *Message) Address() string { return addrs.Message(m.Label, cty.NilVal) }

// ArgumentRange returns the place of the first of the arguments that is given, or that
// of the block's header.
func (m *Message) ArgumentRange(names ...string) *hcl.Range {
	return RangeOf(m.Attrs, &m.At, names...)
}

// PerInstance returns the expressions that are evaluated for each instance.
func (m *Message) PerInstance() []hcl.Expression {
	var exprs []hcl.Expression
	for name, attr := range Sorted(m.Attrs) {
		if name != "for_each" && name != "count" && name != "depends_on" {
			exprs = append(exprs, attr.Expr)
		}
	}
	return exprs
}

// FieldRange returns the place where a field is given; 0 is the topic.
func (m *Message) FieldRange(f mqtt.Fields) *hcl.Range {
	switch f {
	case 0:
		if m.Attrs["topic"] == nil {
			return &m.labelAt
		}
		return m.ArgumentRange("topic")
	case mqtt.FieldPayload:
		return m.ArgumentRange("payload", "payload_base64")
	}
	return m.ArgumentRange(f.Names()...)
}
