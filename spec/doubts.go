package spec

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/retainctl/retainctl/mqtt"
	"github.com/retainctl/retainctl/spec/diag"
)

// doubts warns, once for each block, about messages that some brokers refuse.
func doubts(x *expansion) {
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
	byReason := func(a, b mqtt.Violation) int { return cmp.Compare(a.Reason, b.Reason) }
	for _, why := range slices.SortedFunc(maps.Keys(found), byReason) {
		d, summary, what, more := found[why], "Topic that some brokers refuse", "The topic %q can be used", ""
		if why.Field != 0 {
			summary, what = "Message that some brokers refuse", "The message for the topic %q can be sent"
		}
		if d.count > 1 {
			more = fmt.Sprintf(" The same applies to %s of this block.", moreTopics(d.count-1))
		}
		x.sink.AddKind(why.Reason, diag.Warnf(x.decl.FieldRange(why.Field), summary,
			what+", but %s.%s", diag.Excerpt(d.first), why.Reason, more))
	}
}

// moreTopics returns a number of further topics in words.
func moreTopics(n int) string {
	if n == 1 {
		return "1 more topic"
	}
	return fmt.Sprintf("%d more topics", n)
}
