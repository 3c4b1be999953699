package spec

import (
	"fmt"

	"github.com/retainctl/retainctl/spec/declare"
	"github.com/retainctl/retainctl/spec/diag"
)

// checkDuplicates reports topics of one broker that two messages declare: the topic identifies
// a message. A pair of blocks is reported once.
func checkDuplicates(all []*expansion, sink *diag.Sink) {
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
	for _, x := range all {
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
			more = fmt.Sprintf(" These blocks have %s in common.", moreTopics(c.count-1))
		}
		sink.AddKind(c.a.Name, diag.Errorf(p.second.FieldRange(0), "Topic declared twice",
			"The topic %q on broker %q is declared by %s, and by %s at %s. A topic can hold only one retained "+
				"message. Give one of them another topic.%s",
			diag.Excerpt(c.b.Topic), c.b.Broker, c.b.Address, c.a.Address, c.of.topicPlace(), more))
	}
}

// topicPlace returns the range in which a block's topic is declared, with the call of its module.
func (x *expansion) topicPlace() string {
	at := x.decl.FieldRange(0).String()
	if c := x.call; c != nil {
		at += fmt.Sprintf(" (%s at %s)", c.Address(), c.At)
	}
	return at
}
