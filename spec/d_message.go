package spec

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

// messageDecl is a message block before evaluation.
type messageDecl struct {
	label     string
	at        hcl.Range // of the block's header
	labelAt   hcl.Range
	attrs     hcl.Attributes
	lifecycle hcl.Attributes

	preconditions, postconditions []rule
}

func (r *reader) message(b *hcl.Block, known map[string]*messageDecl) {
	label := b.Labels[0]
	if first, there := known[label]; there {
		r.duplicate(b.DefRange, fmt.Sprintf("message %q", label), first.at, "Labels of messages are unique over all files; the topic may be the same as the label or given by topic.")
		return
	}
	if label == "" {
		r.report(diag.Errorf(&b.LabelRanges[0], "Empty label", "A message's label names it in plans, and is its topic where no topic is given."))
		return
	}
	content := r.content(b.Body, language.Find("message", ""))
	m := &messageDecl{label: label, at: b.DefRange, labelAt: b.LabelRanges[0], attrs: content.Attributes}
	known[label] = m
	for i, block := range content.Blocks {
		if i > 0 {
			r.duplicate(block.DefRange, "lifecycle block", content.Blocks[0].DefRange, "Merge them: one message has one.")
			break
		}
		r.lifecycle(m, block)
	}
	r.oneRepeat(m.attrs, "message")
}

func (m *messageDecl) repeat() string { return repeat(m.attrs) }

// expressions are those that a message's instances are made of.
func (m *messageDecl) expressions() []hcl.Expression {
	attrs := maps.Clone(m.attrs)
	delete(attrs, "depends_on")
	return append(expressions(attrs), ruleExpressions(slices.Concat(m.preconditions, m.postconditions))...)
}

func (m *messageDecl) address() string { return addrs.Message(m.label, cty.NilVal) }

// argument gives the range of an argument, or of the block's header where it is not given.
func (m *messageDecl) argument(names ...string) *hcl.Range {
	return place(m.attrs, &m.at, names...)
}

// perInstance are the expressions that are evaluated for each instance.
func (m *messageDecl) perInstance() []hcl.Expression {
	var exprs []hcl.Expression
	for name, attr := range sorted(m.attrs) {
		if name != "for_each" && name != "count" && name != "depends_on" {
			exprs = append(exprs, attr.Expr)
		}
	}
	return exprs
}

// field is where a field was given.
func (m *messageDecl) field(f mqtt.Fields) *hcl.Range {
	switch f {
	case 0:
		if m.attrs["topic"] == nil {
			return &m.labelAt
		}
		return m.argument("topic")
	case mqtt.FieldPayload:
		return m.argument("payload", "payload_base64")
	}
	return m.argument(f.Names()...)
}
