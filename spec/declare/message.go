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

// message adds a message block to the known ones.
func (r *reader) message(b *hcl.Block, known map[string]*Message) {
	label := b.Labels[0]
	if first, ok := known[label]; ok {
		r.duplicate(b.DefRange, fmt.Sprintf("message %q", label), first.At,
			"Labels of messages are unique across all files. Rename one, and set topic if its topic is not its label.")
		return
	}
	if label == "" {
		r.report(diag.Errorf(&b.LabelRanges[0], "Empty label",
			"A message's label identifies it in plans, and is its topic if no topic is given."))
		return
	}
	content := r.content(b.Body, language.Find("message", ""))
	m := &Message{Label: label, At: b.DefRange, labelAt: b.LabelRanges[0], Attrs: content.Attributes}
	known[label] = m
	for i, block := range content.Blocks {
		if i > 0 {
			r.duplicate(block.DefRange, "lifecycle block", content.Blocks[0].DefRange,
				"Merge them: a message can have only one.")
			break
		}
		r.lifecycle(m, block)
	}
	r.oneRepeat(m.Attrs, "message")
}

// Repeat returns the name of the argument that repeats the block, as the function Repeat does.
func (m *Message) Repeat() string { return Repeat(m.Attrs) }

// Expressions returns the expressions that the block's instances depend on.
func (m *Message) Expressions() []hcl.Expression {
	attrs := maps.Clone(m.Attrs)
	delete(attrs, "depends_on")
	return append(Expressions(attrs), RuleExpressions(slices.Concat(m.Preconditions, m.Postconditions))...)
}

// Address returns the block's address within its module: message.NAME.
func (m *Message) Address() string { return addrs.Message(m.Label, cty.NilVal) }

// LabelRange returns the range of the block's label.
func (m *Message) LabelRange() hcl.Range { return m.labelAt }

// ArgumentRange returns the range of the first of the named arguments that is given, or that
// of the block's header if none is.
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

// FieldRange returns the range in which a field is given; 0 is the topic.
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
