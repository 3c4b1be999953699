package spec

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// limits reports what the message's broker would refuse.
func (d *decoder) limits() {
	if d.broken {
		return
	}
	broker := Broker{Type: d.e.broker(d.m.Broker).Type}
	for _, v := range broker.Limits().Check(d.m.Message) {
		d.broken = true
		d.sink.AddKind(kindOf(v.Reason), diag.Errorf(d.x.decl.FieldRange(v.Field), "Message that its broker would refuse", "%s.", d.violation(v)))
	}
}

// violation spells a reason, with the topic where it is about that.
func (d *decoder) violation(v mqtt.Violation) string {
	if v.Field != 0 {
		return diag.Capital(v.Reason)
	}
	return fmt.Sprintf("The topic %q cannot be used: %s", diag.Excerpt(d.m.Topic), v.Reason)
}

// kindOf tells reasons apart, but not their numbers.
func kindOf(reason string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return -1
		}
		return r
	}, reason)
}

// doubts warns about what some brokers refuse: once for a block.
func (e *moduleInstance) doubts(x *expansion) {
	type doubt struct {
		first string
		count int
	}
	found := map[mqtt.Violation]*doubt{}
	for i := range x.messages {
		for _, why := range mqtt.Doubts(x.messages[i].Message) {
			if found[why] == nil {
				found[why] = &doubt{first: x.messages[i].Topic}
			}
			found[why].count++
		}
	}
	byReason := func(a, b mqtt.Violation) int { return cmp.Compare(a.Reason, b.Reason) } // in the same order in every plan
	for _, why := range slices.SortedFunc(maps.Keys(found), byReason) {
		d, summary, what, more := found[why], "Topic that some brokers refuse", "The topic %q can be used", ""
		if why.Field != 0 {
			summary, what = "Message that some brokers refuse", "The message for the topic %q can be sent"
		}
		if d.count > 1 {
			more = fmt.Sprintf(" The same holds for %s more of this block.", topics(d.count-1))
		}
		x.sink.AddKind(why.Reason, diag.Warnf(x.decl.FieldRange(why.Field), summary, what+", but %s.%s", diag.Excerpt(d.first), why.Reason, more))
	}
}

// checkDuplicates reports topics that two messages of one broker declare: the
// topic is the identity. Pairs of blocks are reported once.
func (r *run) checkDuplicates() {
	type place struct{ broker, topic string }
	type pair struct{ first, second *declare.Message }
	type clash struct {
		a, b  *Message
		of    *expansion // a's block
		count int
	}
	owners := map[place]*Message{}
	blocks := map[*Message]*expansion{}
	clashes := map[pair]*clash{}
	var order []pair
	for _, x := range r.everyBlock() {
		for i := range x.messages {
			m := &x.messages[i]
			at := place{m.Broker, m.Topic}
			first := owners[at]
			if first == nil {
				owners[at], blocks[m] = m, x
				continue
			}
			p := pair{blocks[first].decl, x.decl}
			if clashes[p] == nil {
				clashes[p] = &clash{a: first, b: m, of: blocks[first]}
				order = append(order, p)
			}
			clashes[p].count++
		}
	}
	for _, p := range order {
		c := clashes[p]
		more := ""
		if c.count > 1 {
			more = fmt.Sprintf(" These blocks have %s more in common.", topics(c.count-1))
		}
		r.root.sink.AddKind(c.a.Name, diag.Errorf(p.second.FieldRange(0), "Topic declared twice", "The topic %q on broker %q is declared by %s, and by %s at %s. A topic holds one retained message: give one of them another topic.%s",
			diag.Excerpt(c.b.Topic), c.b.Broker, c.b.Address, c.a.Address, c.of.topicPlace(), more))
	}
}

// topicPlace says where a block's topic is declared, and by which call of its
// module.
func (x *expansion) topicPlace() string {
	at := x.decl.FieldRange(0).String()
	if c := x.e.call; c != nil {
		at += fmt.Sprintf(" (%s at %s)", c.decl.Address(), c.decl.At)
	}
	return at
}

// topics counts topics for a reader.
func topics(n int) string {
	if n == 1 {
		return "1 topic"
	}
	return fmt.Sprintf("%d topics", n)
}
